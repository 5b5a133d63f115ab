import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppProcess } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { freePort } from './support/free-port.mjs';

const WALK = new URL('../docs/walk-with-curl.md', import.meta.url);
const run = promisify(execFile);

/** The password of the first user, where a process has printed it. */
const passwordOf = (log: string) => /admin\b.*?password:? *(\S+)/i.exec(log)?.[1] ?? '';

describe('The walk with curl', () => {
  let app: AppProcess;
  let again: AppProcess;
  let folder: string;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-walk-'));
    port = await freePort();
    // Nothing but a port: the embedded default, as `npm start` runs it on an empty machine.
    app = await AppProcess.start({ PATH: process.env['PATH'] ?? '' }, { port, cwd: folder });
  });
  afterAll(async () => {
    await app?.stop();
    expect(await again?.stop()).toBe(0);
  });

  it('works as printed, on the embedded default with the password that the first start prints', async () => {
    const walk = await readFile(WALK, 'utf8');
    const commands = [...walk.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block).join('');
    const password = passwordOf(app.log);
    expect(password.length).toBeGreaterThanOrEqual(12);
    const script = commands
      .replace('the printed password', password)
      .replace('http://localhost:3000', `http://localhost:${port}`);
    const { stdout, stderr } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: folder });

    expect(stderr).toBe('');
    const lines = stdout.replaceAll('}{', '}\n{').replaceAll('}[', '}\n[').replaceAll(']2', ']\n2').split('\n');
    const [me = '', renamed = '', tokenMe = '', ...rest] = lines;
    expect(JSON.parse(me)).toMatchObject({ channel: 'browser' });
    expect(JSON.parse(renamed)).toMatchObject({ displayName: 'Ada' });
    expect(JSON.parse(tokenMe)).toMatchObject({ channel: 'api', sub: JSON.parse(me).sub });
    const statuses = rest.filter((line) => /^\d{3}$/.test(line));
    const promised = [...commands.matchAll(/# (\d{3})$/gm)].map(([, status]) => status);
    expect(promised.length).toBeGreaterThanOrEqual(6);
    expect(statuses).toEqual(promised);
  });

  it('leaves everybody logged in when the process is killed and started again', async () => {
    const browser = new Browser(app.url);
    const client = new ApiClient(app.url);
    expect((await browser.login('admin', passwordOf(app.log))).status).toBe(200);
    expect((await client.login('admin', passwordOf(app.log))).status).toBe(200);
    await app.kill();

    again = await AppProcess.start({ PATH: process.env['PATH'] ?? '' }, { port, cwd: folder });
    expect((await browser.send('GET', '/me')).status).toBe(200);
    expect((await browser.send('PATCH', '/me', { json: { displayName: 'Ada' } })).status).toBe(200);
    expect((await client.send('GET', '/me')).status).toBe(200);
    expect((await client.refresh()).status).toBe(200);
  });

  it('prints the password of the first user once, and keeps what it made up', () => {
    expect(passwordOf(again.log)).toBe('');
  });
});
