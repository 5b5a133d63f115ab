import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createSentinel } from 'redis';
import { freePort } from './free-port.mjs';
import { RedisServer } from './redis-server.mjs';
import { persistentStart } from './persistent-start.js';
import { redisAdmin, untilReplica } from './redis-admin.js';
import { RedisNet } from './redis-net.js';

/** Seconds without word from its replicas after which the primary takes no more writes. */
const MAX_LAG = 1;

const SENTINELS = 3;
const QUORUM = 2;

interface Sentinel {
  readonly port: number;
  /** The way to it for clients. */
  readonly gate: number;
  discard(): Promise<void>;
}

interface Node {
  readonly server: RedisServer;
  readonly address: string;
  readonly gate: number;
}

/** A real primary with two replicas, watched by three sentinels, on this machine. */
export class RedisWithSentinels {
  private constructor(
    private readonly net: RedisNet,
    private readonly nodes: readonly Node[],
    private readonly sentinels: readonly Sentinel[],
  ) {}

  /** @param patience milliseconds without an answer after which a server is taken for failed */
  static async start(patience = 1_000): Promise<RedisWithSentinels> {
    const net = new RedisNet();
    const primary = await persistentStart(() => startNode(net, '127.0.0.21'));
    const replicas = await Promise.all(
      ['127.0.0.22', '127.0.0.23'].map((address) => persistentStart(() => startNode(net, address, primary.gate))),
    );
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => persistentStart(() => startSentinel(net, primary.gate, patience))),
    );
    const all = new RedisWithSentinels(net, [primary, ...replicas], sentinels);
    await all.untilKnown().catch(async (error: unknown) => {
      await all.close();
      throw error;
    });
    return all;
  }

  /** The server that began as the primary. */
  get primary(): RedisServer {
    const [first] = this.nodes;
    if (!first) throw new Error('There is no server.');
    return first.server;
  }

  /** A connected sentinel client that reaches every server whatever is cut, and the sentinels until they are. */
  connect() {
    const gates = new Map(this.sentinels.map(({ port, gate }) => [port, gate]));
    const client = createSentinel({
      name: 'primary',
      sentinelRootNodes: this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      nodeAddressMap: (address) => {
        const gate = gates.get(Number(address.slice(address.lastIndexOf(':') + 1)));
        return gate === undefined ? this.net.beyond(address) : { host: '127.0.0.1', port: gate };
      },
      masterPoolSize: 2,
      reserveClient: true,
    });
    client.on('error', () => undefined);
    return client.connect();
  }

  /** Cuts the first primary off from replicas and sentinels, and clients off from the sentinels: nobody tells them of the new one. */
  isolatePrimary(): void {
    for (const { address } of this.nodes.slice(0, 1)) this.net.isolate(address);
    this.net.isolate('sentinels');
  }

  /**
   * Kills the first primary, waits until another one is, and starts it again: it follows that one then.
   * @returns the time without a primary
   */
  async failOver(): Promise<{ readonly from: number; readonly to: number }> {
    await this.primary.kill();
    const from = performance.now();
    await this.untilFailover();
    const to = performance.now();
    await this.primary.start();
    await untilReplica(this.primary);
    return { from, to };
  }

  /** Waits until the sentinels have made another server the primary; answers which. */
  async untilFailover(): Promise<RedisServer> {
    const [first] = this.sentinels;
    const sentinel = await redisAdmin({ url: `redis://127.0.0.1:${first?.port}` });
    for (;;) {
      const [, gate] = (await sentinel.sendCommand<string[]>(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'primary'])) ?? [];
      const found = this.nodes.find((node) => node.gate === Number(gate));
      if (found && found.server !== this.primary) {
        sentinel.destroy();
        return found.server;
      }
      await wait(20);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.nodes.map(({ server }) => server)].map((program) => program.discard()));
    this.net.close();
  }

  /** Waits until every sentinel knows the others and both replicas, and the primary has them: only then can it fail over. */
  private async untilKnown(): Promise<void> {
    for (const { port } of this.sentinels) {
      const sentinel = await redisAdmin({ url: `redis://127.0.0.1:${port}` });
      const whole = `slaves=${this.nodes.length - 1},sentinels=${SENTINELS}`;
      // Nothing but asking tells when.
      while (!(await sentinel.info('sentinel')).includes(whole)) await wait(50);
      sentinel.destroy();
    }
    for (const { server } of this.nodes) {
      const admin = await redisAdmin(server);
      if (server === this.primary) while ((await admin.wait(this.nodes.length - 1, 100)) < this.nodes.length - 1);
      await admin.configSet('min-replicas-to-write', '1');
      admin.destroy();
    }
  }
}

async function startNode(net: RedisNet, address: string, primaryGate?: number): Promise<Node> {
  const port = await freePort();
  const gate = await net.gate(address, port);
  const settings: Record<string, string | number> = {
    'replica-announce-ip': '127.0.0.1',
    'replica-announce-port': gate,
    'bind-source-addr': address,
    'min-replicas-max-lag': MAX_LAG,
    'repl-diskless-sync-delay': 0,
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const follow = primaryGate === undefined ? [] : ['--replicaof', '127.0.0.1', String(primaryGate)];
  return { server: await RedisServer.start({ port, settings: [...words, ...follow] }), address, gate };
}

async function startSentinel(net: RedisNet, primaryGate: number, patience: number): Promise<Sentinel> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'nhs-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor primary 127.0.0.1 ${primaryGate} ${QUORUM}`,
    `sentinel down-after-milliseconds primary ${patience}`,
    'sentinel failover-timeout primary 5000',
    'sentinel parallel-syncs primary 2',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The sentinel ended at start with code ${code}.`)));
    child.stdout.on('data', (chunk) => {
      if (/\+monitor master/.test(String(chunk))) resolve();
    });
  });
  return {
    port,
    gate: await net.gate('sentinels', port),
    discard: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
