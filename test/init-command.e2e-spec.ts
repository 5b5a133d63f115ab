import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { MemorySessionStore } from 'nestjs-hybrid-session';
import { ApiClient } from './support/clients.js';
import { nestjsHybridSession } from './support/command-line.js';
import { startHostApp } from './support/host-app.js';

describe('nestjs-hybrid-session init', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-init-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const init = (...words: readonly string[]) => nestjsHybridSession(['init', ...words], {}, folder);
  const read = async (file = '.env') => parseEnv(await readFile(join(folder, file), 'utf8'));

  it('writes keys that an application starts with, for nobody else to read', async () => {
    const { code, text } = await init();
    expect([code, text]).toEqual([0, expect.stringContaining('SessionModule.forRoot({')]);
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    const { SESSION_KEYS: keys = '', JWT_PRIVATE_JWK: jwk = '' } = await read();
    const signing = JSON.parse(jwk) as JWK;
    for (const secret of [keys, String(signing.d)]) expect(text).not.toContain(secret);
    const options = { keys: keys.split(','), signingKeys: [signing] };
    const host = await startHostApp({ adapter: 'express', store: new MemorySessionStore(), options });
    host.accounts.add('ada', 'correct horse');
    const client = new ApiClient(host.url);
    await client.login('ada', 'correct horse');
    expect((await client.send('GET', '/me')).status).toBe(200);
    await host.close();
  });

  it('leaves a file alone that is there, and writes another where it is told to', async () => {
    await writeFile(join(folder, '.env'), 'PORT=3000\n');
    expect(await init()).toEqual({ code: 1, text: expect.stringContaining('.env is there already') });
    expect(await read()).toEqual({ PORT: '3000' });
    expect((await init('--file', '.env.production')).code).toBe(0);
    const first = await read('.env.production');
    expect((await init('--file', '.env.staging')).code).toBe(0);
    expect((await read('.env.staging'))['SESSION_KEYS']).not.toBe(first['SESSION_KEYS']);
  });

  it('says what is wrong with a file of variables that cannot be read', async () => {
    await mkdir(join(folder, '.env'));
    for (const words of [['init', '--file', 'other'], ['keys', 'list'], []]) {
      const { code, text } = await nestjsHybridSession(words, {}, folder);
      expect([code, text]).toEqual([1, expect.stringMatching(/^\.env cannot be read as a file of variables \(\w+\)\.\n$/)]);
    }
  });

  it('takes nothing else', async () => {
    expect(await init('now')).toEqual({ code: 2, text: expect.stringContaining('Usage:') });
    expect((await init('--file', 'no/such/folder/.env')).code).toBe(1);
  });
});
