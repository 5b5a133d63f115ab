import { Child } from './child.mjs';
import { CONNECTIONS } from './load.mjs';
import { USER } from './user.mjs';

const EXPECTED = JSON.stringify(USER);

/** The server of a case, running. */
export class CaseServer {
  /**
   * Starts it, and sees that it answers who is logged in, and nobody else.
   * @param {object} one a case
   * @param {{ urls?: object, cores?: import('./cores.mjs').Cores, logins?: number, profile?: string }} place `profile`: a folder for
   *   what its process spends its time on
   */
  static async start(one, { urls = {}, cores, logins = CONNECTIONS, profile }) {
    const name = `--cpu-prof-name=${one.name}-${one.adapter}.cpuprofile`;
    const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, name] : [];
    const child = new Child('servers/serve.mjs', [JSON.stringify({ ...one, ...urls, logins })], { cores, flags });
    try {
      const server = new CaseServer(one, child, await child.says());
      if (logins > 0) await server.check();
      return server;
    } catch (error) {
      await child.close();
      throw new Error(`${one.name} on ${one.adapter}: ${error.message}`, { cause: error });
    }
  }

  constructor(one, child, said) {
    Object.assign(this, { one, child, said });
  }

  /** The body of every answer, unless each is another. */
  get expected() {
    return this.one.varies ? undefined : EXPECTED;
  }

  /** CPU time of its process in microseconds, and statements that it has sent to a database. */
  async used() {
    const { cpu, statements } = await this.child.ask('used');
    return { cpu: cpu.user + cpu.system, statements };
  }

  async check() {
    const { url, requests, isGuarded } = this.said;
    const { path, headers } = requests[0];
    const good = await fetch(`${url}${path}`, { headers: { 'User-Agent': 'bench', ...headers } });
    const body = await good.text();
    if (good.status !== 200 || body !== EXPECTED) throw new Error(`It answers ${good.status} ${body}`);
    const bad = await fetch(`${url}${path}`);
    if (isGuarded && ![401, 403].includes(bad.status)) {
      throw new Error(`It answers ${bad.status} to a request without a credential.`);
    }
  }

  close() {
    return this.child.close();
  }
}
