import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyAudit } from '../src/audit/audit-verification.js';
import { dataSourceOptions, openDatabase } from '../src/database/data-source.js';
import { AppProcess, sharedEnvironment } from './support/app-process.js';
import { ApiClient, Browser, send } from './support/clients.js';
import { HandedOut } from './support/handed-out.js';
import { openSchema, type OwnSchema } from './support/own-schema.js';

const PROGRAM = fileURLToPath(new URL('../dist/audit/verify-audit.js', import.meta.url));
const ENGINES = ['embedded', ...(process.env['DATABASE_URL'] ? ['postgres'] : [])];
const ATTEMPTS = 20;

/** The program of `npm run audit:verify`, as a process of its own: what it ends with and prints. */
async function runProgram(environment: Record<string, string>): Promise<{ readonly code: unknown; readonly text: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { env: environment, cwd: tmpdir() });
    return { code: 0, text: stdout };
  } catch (error) {
    // It comes from outside Jest's realm, so that `instanceof` does not know it.
    if (!(typeof error === 'object' && error !== null && 'code' in error && 'stderr' in error)) throw error;
    return { code: error.code, text: String(error.stderr) };
  }
}

describe.each(ENGINES)('the audit trail of two processes, with the users in %s', (engine) => {
  let environment: Record<string, string>;
  let schema: OwnSchema | undefined;
  let handedOut: HandedOut;
  let one: AppProcess;
  let two: AppProcess;

  beforeAll(async () => {
    schema = engine === 'postgres' ? await openSchema() : undefined;
    environment = await sharedEnvironment(schema ? { DATABASE_URL: schema.url } : {});
    handedOut = new HandedOut();
    one = await AppProcess.start(environment);
  });
  beforeAll(async () => {
    two = await AppProcess.start(environment);
  });
  afterAll(async () => {
    handedOut.close();
    await Promise.all([one.stop(), two.stop()]);
    await schema?.close();
  });

  /** What somebody does who has the database. */
  const sql = async <T>(statement: string): Promise<readonly T[]> => {
    const url = environment['DATABASE_URL'] ?? '';
    const embedded = { engine: 'embedded', file: url.slice('file:'.length) } as const;
    const dataSource = await openDatabase(dataSourceOptions(schema ? { engine: 'postgres', url } : embedded));
    try {
      return await dataSource.query(statement);
    } finally {
      await dataSource.destroy();
    }
  };
  const entries = async () => {
    const rows = await sql<{ text: string }>('SELECT text FROM nhs_audit ORDER BY seq');
    return rows.map(({ text }) => JSON.parse(text) as { readonly id: string; readonly type: string });
  };
  const typesAfter = async (count: number) => (await entries()).slice(count).map(({ type }) => type);
  const printed = ({ log }: AppProcess) =>
    log
      .split('\n')
      .filter((line) => line.includes('"context":"Audit"'))
      .map((line) => (JSON.parse(line) as { readonly message: { readonly id: string } }).message.id);
  const failedLogin = async (app: AppProcess) => {
    const answer = await send(app.url, 'POST', '/auth/token', { body: { json: { username: 'ada', password: 'not it at all' } } });
    expect(answer.status).toBe(401);
  };
  const failures = (count: number) => Array.from({ length: count }, () => 'login.failed');

  it('is one chain, which can be verified while they run', async () => {
    await Promise.all(Array.from({ length: ATTEMPTS }, (_, at) => failedLogin(at % 2 ? one : two)));
    expect((await verifyAudit(environment, [])).text).toMatch(/^The audit trail is intact/);
    expect(await typesAfter(0)).toEqual(['app.started', 'app.started', ...failures(ATTEMPTS)]);
  });

  it('loses none of it to SIGTERM, which comes right after the last answer', async () => {
    const browser = new Browser(one.url);
    await browser.login('ada', 'ada-password');
    const client = new ApiClient(one.url);
    await client.login('ada', 'ada-password');
    await client.refresh();
    await browser.send('POST', '/auth/logout');
    await Promise.all(Array.from({ length: ATTEMPTS }, () => failedLogin(one)));
    expect(await one.stop()).toBe(0);
    const login = ['login.succeeded', 'session.opened', 'login.new_device'];
    const acts = [...login, ...login, 'refresh.rotated', 'session.ended', ...failures(ATTEMPTS), 'app.stopped'];
    expect(await typesAfter(2 + ATTEMPTS)).toEqual(acts);
  });

  it('loses to SIGKILL at most what was under way', async () => {
    const before = (await entries()).length;
    for (let i = 0; i < ATTEMPTS; i += 1) await failedLogin(two);
    await two.kill();
    const left = await typesAfter(before);
    // Each was written before the next was answered; only the last may have been on its way.
    expect(left.slice(0, ATTEMPTS - 1)).toEqual(failures(ATTEMPTS - 1));
    expect(left.length).toBeLessThanOrEqual(ATTEMPTS);
    expect((await verifyAudit(environment, [])).code).toBe(0);
  });

  it('is on their standard output as well, and no secret in either', async () => {
    const kept = await entries();
    const said = new Set([...printed(one), ...printed(two)]);
    expect(kept.filter(({ id }) => !said.has(id))).toEqual([]);
    expect(handedOut.secrets.size).toBeGreaterThan(5);
    expect(handedOut.foundIn(one.log + two.log + JSON.stringify(kept))).toEqual([]);
  });

  it('is verified by a program, which ends with 1 when it is broken, and knows a head that it was told before', async () => {
    const intact = await runProgram(environment);
    const written = (await entries()).length;
    expect(intact.text).toMatch(new RegExp(`^The audit trail is intact: ${written} entries\\. Head: ${written}:[\\w-]{43}\n$`));
    expect(intact.code).toBe(0);
    const [, head = ''] = /Head: (\S+)/.exec(intact.text) ?? [];
    expect(await verifyAudit(environment, ['--known', head])).toMatchObject({ code: 0 });
    expect(await verifyAudit(environment, ['--known', `99${head}`])).toMatchObject({ code: 1 });
    await sql(`UPDATE nhs_audit SET text = REPLACE(text, 'credentials', 'nothing much') WHERE seq = 17`);
    expect(await runProgram(environment)).toEqual({
      code: 1,
      text: 'The audit trail is broken: entry 17 is not what was written there (edited).\n',
    });
  });

  it('is not called intact where it was deleted as a whole, nor a younger one the one that was known', async () => {
    const known = ['--known', `3:${'A'.repeat(43)}`];
    for (const table of ['nhs_audit', 'nhs_audit_heads']) await sql(`DELETE FROM ${table}`);
    expect(await verifyAudit(environment, [])).toEqual({ code: 2, text: expect.stringContaining('the trail was deleted') });
    expect(await verifyAudit(environment, known)).toMatchObject({ code: 1 });
  });

  it('is not called intact by a program that could not verify it', async () => {
    for (const parameters of [['--known', 'yesterday'], ['--help'], ['--known', `1:${'A'.repeat(43)}`, 'x']]) {
      const { code, text } = await verifyAudit(environment, parameters);
      expect([code, text]).toEqual([2, expect.stringContaining('Usage: npm run audit:verify')]);
    }
    const nowhere = engine === 'postgres' ? 'postgres://nobody@127.0.0.1:1/nothing' : 'file:/nonexistent/folder/app.db';
    for (const wrong of [{ SESSION_KEYS: 'x' }, { DATABASE_URL: nowhere }]) {
      const { code, text } = await verifyAudit({ ...environment, ...wrong }, []);
      expect([code, text]).toEqual([2, expect.stringMatching(/^The audit trail was not verified\. ./)]);
    }
  });
});
