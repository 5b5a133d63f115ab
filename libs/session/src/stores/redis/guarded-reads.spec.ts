import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { until } from '../../../spec/until.js';
import { RedisServer } from '../../../../../test/support/redis-server.mjs';
import { StoreUnavailableError } from '../../core/errors.js';
import { aRecord, aSubject } from '../../testing/a-record.js';
import { GuardedReads, readScript, UnknownScriptError } from './guarded-reads.js';
import { RedisSessionStore } from './redis-session.store.js';

const NOW = 2_000_000_000_000;
const RULE = { window: 30_000, windowFrom: 'use' } as const;

describe('reads of a store whose client may fail over', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  const opened: { destroy(): unknown }[] = [];

  async function connectTo(port: number) {
    const client = createClient({ socket: { port, reconnectStrategy: 10 } });
    client.on('error', () => undefined);
    opened.push(client);
    return client.connect();
  }
  const open = async (port = primary.port) =>
    new RedisSessionStore(await connectTo(port), { prefix: 'guarded', failsOver: true, deadline: 5_000 });
  const keyOf = (id: string) => `guarded:{${id.replace('.', '}:s:')}`;

  async function login(store: RedisSessionStore, subject = aSubject()) {
    const record = aRecord(subject);
    await store.create(`create ${record.id}`, record, await store.fence(subject), NOW);
    return record;
  }
  async function demote() {
    const [admin, successor] = [await connectTo(primary.port), await connectTo(replica.port)];
    await successor.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await admin.replicaOf('127.0.0.1', replica.port);
  }

  beforeEach(async () => {
    primary = await RedisServer.start({ settings: ['--repl-diskless-sync-delay', '0', '--min-replicas-max-lag', '1'] });
    replica = await RedisServer.start({ settings: ['--replicaof', '127.0.0.1', String(primary.port)] });
    await (await connectTo(primary.port)).wait(1, 0);
  });
  afterEach(async () => {
    for (const client of opened.splice(0)) client.destroy();
    await Promise.all([primary.kill(), replica.kill()]);
  });

  it('are answered by a primary, a full one too', async () => {
    const store = await open();
    const records = [await login(store), await login(store)];
    await (await connectTo(primary.port)).configSet('maxmemory', '1');
    expect(await store.find(records.map(({ id }) => id))).toEqual(records);
    expect(await store.find([records[0]?.id ?? ''])).toEqual([records[0]]);
  });

  it('are refused by a server that was demoted, as is every other call, where a GET is still answered', async () => {
    const store = await open();
    const subject = aSubject();
    const record = await login(store, subject);
    await demote();
    const { id } = record;
    const calls: ((store: RedisSessionStore) => Promise<unknown>)[] = [
      (there) => there.find([id]),
      (there) => there.find([id, aRecord().id]),
      (there) => there.list(subject, NOW),
      (there) => there.fence(subject),
      (there) => there.moveFence(subject),
      (there) => there.create('1', aRecord(subject), 'fence', NOW),
      (there) => there.touch(id, NOW),
      (there) => there.used(id, 0, NOW),
      (there) => there.rotate('2', id, 0, NOW, RULE),
      (there) => there.renew('3', { record, expectedVersion: 0 }, 'fence', NOW),
      (there) => there.write('4', id, 'sealed', 0, NOW),
      (there) => there.revoke('5', id, 'logout', NOW),
      (there) => there.revokeAll('6', subject, 'logout_all', NOW),
      (there) => there.revokeEveryone('everyone'),
    ];
    for (const call of calls) {
      const error = await call(await open()).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error).toHaveProperty('cause.message', expect.stringMatching(/^READONLY/));
    }
    expect(await (await connectTo(primary.port)).get(keyOf(id))).toContain(record.userId);
  });

  it('are refused by a primary that has lost its replicas, until it has them again, where a GET is still answered', async () => {
    const store = await open();
    const client = await connectTo(primary.port);
    await client.configSet('min-replicas-to-write', '1');
    const { id } = await login(store);
    const find = () => store.find([id]);
    replica.hang();
    const answer = await until('it refuses', find, (found) => found instanceof StoreUnavailableError);
    expect(answer).toHaveProperty('cause.message', expect.stringMatching(/^NOREPLICAS/));
    expect(await client.get(keyOf(id))).toEqual(expect.any(String));
    replica.resume();
    const again = await until('it answers again', find, Array.isArray);
    expect(again).toEqual([expect.objectContaining({ id })]);
  });

  it('leave a server that was demoted, and find the new primary behind the same address', async () => {
    let target = primary.port;
    const sockets = new Set<Socket>();
    const address = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      for (const socket of [client, server]) sockets.add(socket.on('error', () => socket.destroy()));
      client.pipe(server).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(address, 'listening');
    const bound = address.address();
    const store = await open(typeof bound === 'object' ? (bound?.port ?? 0) : 0);
    const record = await login(store);
    await (await connectTo(primary.port)).wait(1, 0);
    await demote();
    target = replica.port;
    await expect(store.find([record.id])).rejects.toThrow(StoreUnavailableError);
    // How soon the old connection is gone is the driver's affair; that it goes is ours.
    expect(await until('the new primary answers', () => store.find([record.id]), Array.isArray)).toEqual([record]);
    address.close();
    for (const socket of sockets) socket.destroy();
  });

  it('tell a server process that was not given the script, by its own name', async () => {
    const client = await connectTo(primary.port);
    await client.set('{a}:1', 'one');
    const [reads, others] = [new GuardedReads(client), new GuardedReads(client, readScript('another mark'))];
    await expect(reads.read(['{a}:1'])).rejects.toThrow(UnknownScriptError);
    expect(await reads.introduce(['{a}:1', '{a}:2'])).toEqual(['one', null]);
    expect(await reads.read(['{a}:1', '{a}:2'])).toEqual(['one', null]);
    await expect(others.read(['{a}:1'])).rejects.toThrow(UnknownScriptError);
    await client.scriptFlush();
    await expect(reads.read(['{a}:1'])).rejects.toThrow(UnknownScriptError);
  });
});
