import { setTimeout as wait } from 'node:timers/promises';
import { createCluster } from 'redis';
import { freePort } from './free-port.mjs';
import { RedisServer } from './redis-server.mjs';
import { persistentStart } from './persistent-start.js';
import { redisAdmin, untilReplica } from './redis-admin.js';
import { RedisNet } from './redis-net.js';

/** Slots of a cluster, and how many primaries share them here. */
const SLOTS = 16_384;
const PRIMARIES = 3;

/** Seconds without word from its replica after which a primary takes no more writes. */
const MAX_LAG = 1;

/** One server, with its address in the net. */
interface ClusterNode {
  readonly server: RedisServer;
  readonly address: string;
  readonly gate: number;
  readonly busGate: number;
}

/** A real cluster of three primaries with one replica each, on this machine. */
export class RedisCluster {
  private constructor(
    private readonly net: RedisNet,
    private readonly nodes: readonly ClusterNode[],
  ) {}

  /** @param patience milliseconds without an answer after which a node is taken for failed */
  static async start(patience = 1_000): Promise<RedisCluster> {
    const net = new RedisNet();
    const numbers = Array.from({ length: 2 * PRIMARIES }, (_, at) => at);
    const cluster = new RedisCluster(
      net,
      await Promise.all(numbers.map((at) => persistentStart(() => startNode(net, `127.0.0.${at + 11}`, patience)))),
    );
    await cluster.form().catch(async (error: unknown) => {
      await cluster.close();
      throw error;
    });
    return cluster;
  }

  /** One of the nodes: 0 to 2 began as primaries, 3 to 5 as their replicas, in the same order. */
  node(at: number): ClusterNode {
    const node = this.nodes[at];
    if (!node) throw new RangeError(`The cluster has no node ${at}.`);
    return node;
  }

  /** A connected client that starts from one of the nodes, and reaches every node whatever is cut. */
  connect(from = 0) {
    const client = createCluster({
      rootNodes: [{ url: this.node(from).server.url }],
      nodeAddressMap: this.net.beyond,
      defaults: { socket: { reconnectStrategy: 50, connectTimeout: 30_000 } },
      topologyRefreshOnReconnectionAttemptStrategy: 200,
    });
    client.on('error', () => undefined);
    return client.connect();
  }

  /** Ends the connections of a client to the primaries, which it then makes again by itself. */
  async disconnect(client: Awaited<ReturnType<RedisCluster['connect']>>): Promise<void> {
    for (const primary of client.masters) await (await client.nodeClient(primary)).sendCommand(['QUIT']);
  }

  /** Cuts a node off from the others; clients go on reaching it. */
  isolate(at: number): void {
    this.net.isolate(this.node(at).address);
  }

  /** Lets a node that was cut off reach the others again. What they had sent it meanwhile is lost. */
  rejoin(at: number): void {
    this.net.rejoin(this.node(at).address);
  }

  /**
   * Kills a node, waits until its replica is the primary, and starts it again: it follows that one then.
   * @returns the time in which its slots were without a primary
   */
  async failOver(at: number): Promise<{ readonly from: number; readonly to: number }> {
    const { server } = this.node(at);
    await server.kill();
    const from = performance.now();
    await this.untilPrimary(at + PRIMARIES);
    const to = performance.now();
    await server.start();
    await untilReplica(server);
    return { from, to };
  }

  /** Waits until a node is a primary of a cluster that works. */
  async untilPrimary(at: number): Promise<void> {
    const node = await redisAdmin(this.node(at).server);
    // Nothing but asking tells when.
    while (!((await node.info('replication')).includes('role:master') && (await isWhole(node)))) await wait(20);
    node.destroy();
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ server }) => server.discard()));
    this.net.close();
  }

  /** Hands out the slots, makes the nodes known to each other and gives each primary its replica. */
  private async form(): Promise<void> {
    const clients = await Promise.all(this.nodes.map(({ server }) => redisAdmin(server)));
    for (const [at, client] of clients.entries()) {
      await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1)]);
      const start = Math.floor((at * SLOTS) / PRIMARIES);
      const end = Math.floor(((at + 1) * SLOTS) / PRIMARIES) - 1;
      if (at < PRIMARIES) await client.clusterAddSlotsRange({ start, end });
    }
    const [first] = clients;
    for (const { gate, busGate } of this.nodes.slice(1)) {
      await first?.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(gate), String(busGate)]);
    }
    const ids = await Promise.all(clients.map((client) => client.clusterMyId()));
    const known = async (at: number, id = '') => (await clients[at]?.clusterNodes())?.includes(`${id} `) ?? false;
    for (let at = 0; at < PRIMARIES; at += 1) {
      const replica = at + PRIMARIES;
      while (!(await known(replica, ids[at]))) await wait(20);
      await clients[replica]?.clusterReplicate(ids[at] ?? '');
    }
    // The nodes gossip until they agree, and nothing but asking tells when.
    for (const client of clients) while (!(await isWhole(client))) await wait(20);
    for (let at = 0; at < PRIMARIES; at += 1) {
      while (!(await clients[at]?.info('replication'))?.includes('connected_slaves:1')) await wait(20);
      for (const client of clients) while (!(await client.clusterNodes()).includes(`slave ${ids[at]}`)) await wait(20);
    }
    for (const client of clients) await client.configSet('min-replicas-to-write', '1');
    for (const client of clients) client.destroy();
  }
}

async function startNode(net: RedisNet, address: string, patience: number): Promise<ClusterNode> {
  const [port, busPort] = [await freePort(), await freePort()];
  const [gate, busGate] = [await net.gate(address, port), await net.gate(address, busPort)];
  const settings: Record<string, string | number> = {
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
    'cluster-announce-ip': '127.0.0.1',
    'cluster-announce-port': gate,
    'cluster-announce-bus-port': busGate,
    'bind-source-addr': address,
    'cluster-node-timeout': patience,
    'cluster-require-full-coverage': 'no', // the slots of the others answer while one is without a primary
    'min-replicas-max-lag': MAX_LAG,
    'repl-diskless-sync-delay': 0,
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return { server: await RedisServer.start({ port, settings: words }), address, gate, busGate };
}

async function isWhole(node: { clusterInfo(): Promise<unknown> }): Promise<boolean> {
  const info = String(await node.clusterInfo());
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_known_nodes:${2 * PRIMARIES}`) &&
    info.includes(`cluster_slots_assigned:${SLOTS}`)
  );
}
