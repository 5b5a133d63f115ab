import { randomBytes } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { breakOff } from './break-off.js';

/** The part of a node-postgres connection that hears of notifications. */
interface Client {
  on(event: 'notification', listener: (message: { readonly channel: string; readonly payload?: string }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

/** A connection that does nothing but listen (LISTEN), for as long as it proves to be whole. */
export class PostgresEar {
  /** Resolves when the connection is lost, or was closed. */
  readonly lost: Promise<'lost'>;
  /** Notified by this one alone, to itself. */
  private readonly own = `nhs_proof_${randomBytes(9).toString('hex')}`;
  private heard: () => void = () => undefined;

  private constructor(
    private readonly runner: QueryRunner,
    private readonly client: unknown,
    channel: string,
    hear: (message: string) => void,
  ) {
    let lose: () => void = () => undefined;
    this.lost = new Promise((resolve) => {
      lose = () => resolve('lost');
    });
    if (!isClient(client)) throw new Error('The driver of the data source is not node-postgres: it hears no notifications.');
    client.on('notification', (message) => {
      if (message.channel === channel) hear(message.payload ?? '');
      else if (message.channel === this.own) this.heard();
    });
    client.on('error', lose);
    client.on('end', lose);
  }

  /** Opens one on a connection of the data source, and lets it prove itself. */
  static async open(dataSource: DataSource, channel: string, hear: (message: string) => void): Promise<PostgresEar> {
    const runner = dataSource.createQueryRunner('master');
    try {
      const ear = new PostgresEar(runner, await runner.connect(), channel, hear);
      for (const name of [channel, ear.own]) await runner.query(`LISTEN "${name}"`);
      return ear;
    } catch (error) {
      await runner.release();
      throw error;
    }
  }

  /**
   * Proves that what is notified on other connections arrives here.
   * @param notify notifies a channel, on another connection
   * @param patience milliseconds
   * @throws an error when it did not
   */
  async prove(notify: (channel: string) => Promise<unknown>, patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const arrived = new Promise<void>((resolve, reject) => {
      this.heard = resolve;
      timer = setTimeout(() => reject(new Error(`A notification did not arrive within ${patience} ms.`)), patience);
    });
    try {
      await Promise.all([arrived, notify(this.own)]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives the connection back to nobody: it has listened, and must not be used for anything else. */
  async close(): Promise<void> {
    breakOff(this.client);
    await this.lost; // until the driver has noticed, the pool would hand it to the next who asks
    await this.runner.release().catch(() => undefined);
  }
}

function isClient(value: unknown): value is Client {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function';
}
