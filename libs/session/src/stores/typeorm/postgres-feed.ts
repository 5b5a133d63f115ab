import type { DataSource } from 'typeorm';
import type { ChangeListener, Subscription } from '../../core/ports/changes.js';
import { slotsOf } from '../../core/record/session-id.js';
import { ChangeHub } from '../change-hub.js';
import type { DatabaseLink } from './database-link.js';
import { PostgresEar } from './postgres-ear.js';

/** Milliseconds between proofs that the connection that listens still hears. */
const PROOF_EVERY = 5_000;
const RETRY_AFTER = 500;

/** One time of listening, from the first listener to the last. */
class Listening {
  private ear: PostgresEar | undefined;
  private stopped = false;
  private wake: () => void = () => undefined;
  private work: Promise<void> | undefined;

  constructor(
    private readonly open: () => Promise<PostgresEar>,
    private readonly prove: (ear: PostgresEar) => Promise<void>,
    private readonly mended: () => void,
  ) {}

  async start(): Promise<void> {
    this.ear = await this.open();
    this.work = this.attend(this.ear);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.ear?.close();
    await this.work;
  }

  /** Until it is stopped: whenever the connection is lost, by its own account or by a proof that failed, another is opened. */
  private async attend(first: PostgresEar): Promise<void> {
    for (let ear = first; !this.stopped; ) {
      await this.useUp(ear);
      const next = await this.another();
      if (!next) return;
      this.ear = ear = next;
      if (this.stopped) await ear.close();
      else this.mended();
    }
  }

  private async useUp(ear: PostgresEar): Promise<void> {
    for (let whole = true; whole && !this.stopped; ) {
      const lost = await Promise.race([ear.lost, this.pause(PROOF_EVERY)]);
      whole = lost !== 'lost' && (this.stopped || (await this.proves(ear)));
    }
    await ear.close();
  }

  private async proves(ear: PostgresEar): Promise<boolean> {
    try {
      await this.prove(ear);
      return true;
    } catch {
      return false;
    }
  }

  private async another(): Promise<PostgresEar | undefined> {
    while (!this.stopped) {
      const opened = await this.open().catch(() => undefined);
      if (opened) return opened;
      await this.pause(RETRY_AFTER);
    }
    return undefined;
  }

  private pause(duration: number): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, duration).unref();
    });
  }
}

/**
 * The feed of changes by LISTEN and NOTIFY. It hears over a connection of its own that must prove itself, since one that a pooler
 * shares with others (PgBouncer in transaction mode), or that a network has forgotten, just stays silent.
 */
export class PostgresFeed {
  private readonly hub = new ChangeHub();
  private running: { readonly listening: Listening; readonly started: Promise<void> } | undefined;

  /**
   * @param dataSource where to listen; one connection of it is used up for as long as anybody listens
   * @param patience milliseconds within which a notification arrives
   */
  constructor(
    private readonly link: DatabaseLink,
    private readonly dataSource: DataSource,
    private readonly channel: () => string,
    private readonly patience: number,
  ) {}

  /** Adds a listener. @throws StoreUnavailableError when nothing can be heard: ask again */
  async listen(listener: ChangeListener): Promise<Subscription> {
    const running = (this.running ??= this.start());
    try {
      await running.started;
    } catch (error) {
      if (this.running === running) this.running = undefined;
      throw error;
    }
    const place = this.hub.add(listener);
    return {
      close: async () => {
        await place.close();
        if (!this.hub.isIdle || this.running !== running) return;
        this.running = undefined;
        await running.listening.stop();
      },
    };
  }

  private start() {
    const prove = (ear: PostgresEar) => ear.prove((channel) => this.notify(channel), this.patience);
    const open = async () => {
      const opening = PostgresEar.open(this.dataSource, this.channel(), (message) => this.receive(message));
      try {
        const ear = await this.link.guard(opening);
        await this.link.guard(prove(ear));
        return ear;
      } catch (error) {
        opening.then((ear) => ear.close()).catch(() => undefined);
        throw error;
      }
    };
    const listening = new Listening(open, prove, () => this.hub.tell({ type: 'gap' }));
    return { listening, started: listening.start() };
  }

  private notify(channel: string): Promise<unknown> {
    return this.link.ask((connection) => connection.rows('SELECT pg_notify(?, ?)', [channel, '']));
  }

  /** Reads `<ms> <id> <id> ...`, `<ms> <slot>.` where they were too many, or `<ms> *`. Anything else on our channel may mean that we miss something. */
  private receive(message: string): void {
    const [time = '', ...ids] = message.split(' ');
    const at = Number(time);
    if (!/^\d{10,16}$/.test(time) || ids.length === 0) this.hub.tell({ type: 'gap' });
    else if (ids[0] === '*') this.hub.tell({ type: 'everyone', at });
    else if (ids[0]?.endsWith('.')) this.hub.slotsChanged(slotsOf(ids), at);
    else this.hub.changed(ids, at);
  }
}
