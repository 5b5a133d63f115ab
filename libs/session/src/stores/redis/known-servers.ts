import { createHash } from 'node:crypto';
import { type RedisClient, serversOf } from './redis-client.js';

/** Milliseconds after an attempt that failed in which there is no other: a request that comes meanwhile is refused at once. */
const PAUSE = 200;

/** What a script answers that was sent for other servers than the one it has met. */
const UNKNOWN_SERVER = 'UNKNOWNSERVER';

/**
 * The servers that this instance may ask, each with what it has been through: an id that Redis changes whenever a process starts
 * and whenever it becomes the primary. Whoever has caught up with a server under one id has caught up with all that it holds until
 * the id changes; under any other id it may hold an older copy of the data.
 */
export class KnownServers {
  private ids: string | undefined;
  private meeting: Promise<string> | undefined;
  /** When the catching up began that is under way, by the monotonic clock. */
  private metAt: number | undefined;
  private failure: { readonly error: unknown; readonly at: number } | undefined;

  /**
   * @param deadline milliseconds that one call may wait until the servers are known
   * @param catchUp brings the data of the servers with these ids up to date
   */
  constructor(
    private readonly client: RedisClient,
    private readonly deadline: number,
    private readonly catchUp: (ids: string) => Promise<void>,
  ) {}

  /** A short name for the servers that are known now. */
  get name(): string {
    return createHash('sha256')
      .update(this.ids ?? '')
      .digest('base64url')
      .slice(0, 8);
  }

  /** What is to be said while requests wait for the catching up, or are refused; `undefined` when they do not. */
  get obstacle(): string | undefined {
    if (this.metAt === undefined) return undefined;
    const seconds = Math.ceil((performance.now() - this.metAt) / 1_000);
    const reason =
      this.failure && this.failure.error instanceof Error ? ` The last attempt failed: ${this.failure.error.message}` : '';
    return `Redis is another than before, and is being brought up to date from the journal (for ${seconds} s): until it is, requests are refused.${reason}`;
  }

  /** Asks servers that are known, or that have been caught up with before they are asked. */
  async ask<T>(question: (ids: string) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.deadline;
    for (;;) {
      const ids = this.ids ?? (await this.meet());
      if (performance.now() > giveUpAt) throw new Error('Redis is another than before, and catching up takes long.');
      try {
        return await question(ids);
      } catch (error) {
        if (!isUnknownServer(error)) throw error;
        if (this.ids === ids) this.ids = undefined;
      }
    }
  }

  private meet(): Promise<string> {
    const { failure } = this;
    if (!this.meeting && failure && performance.now() - failure.at < PAUSE) return Promise.reject(failure.error);
    this.metAt ??= performance.now();
    this.meeting ??= this.learn().finally(() => {
      this.meeting = undefined;
    });
    return this.meeting;
  }

  /** The ids first, then the catching up under these ids and no others: a change in between is met as one. */
  private async learn(): Promise<string> {
    try {
      const servers = await serversOf(this.client);
      const ids = (await Promise.all(servers.map(async (server) => idOf(String(await server.info('replication'))))))
        .sort()
        .join(' ');
      await this.catchUp(ids);
      this.ids = ids;
      this.failure = undefined;
      this.metAt = undefined;
      return ids;
    } catch (error) {
      this.failure = { error, at: performance.now() };
      throw error;
    }
  }
}

/**
 * What every script begins with: it does nothing on a server whose id is not among those in its last argument. The id is the one
 * of the replication, which a process draws anew when it starts as a primary, loads what data it may, and when it is made the
 * primary; a process that is none is refused by Redis itself, since no script of ours is read-only.
 */
export const GUARD = /* lua */ `
local ID = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
if not ID or not string.find(table.remove(ARGV), string.sub(ID, 1, 20), 1, true) then return redis.error_reply('${UNKNOWN_SERVER} is this') end
`;

function idOf(info: string): string {
  const id = /^master_replid:(\w+)/m.exec(info)?.[1];
  if (!id || !/^role:master/m.test(info)) throw new Error('Redis is not the primary here, or does not say who it is.');
  return id.slice(0, 20);
}

/** Whether a script has met another server than those it was sent for, and so has done nothing. */
function isUnknownServer(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(UNKNOWN_SERVER);
}
