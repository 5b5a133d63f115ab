import { setTimeout as wait } from 'node:timers/promises';
import type { SessionService } from 'nestjs-hybrid-session';
import { Agent, request } from 'undici';

/** What was seen of a number of revocations. Milliseconds by this process's monotonic clock, from when `revoke` returned. */
export interface Observation {
  readonly revocations: number;
  /** When the last request that any instance accepted was sent; 0 where none was after a revocation. */
  readonly latest: number;
  /** How many requests that were sent after a revocation were accepted. */
  readonly accepted: number;
  /** How many requests that were sent after the bound were not accepted. */
  readonly refused: number;
  /** What the instances answered when all was well again, for each revoked session. */
  readonly finally: ReadonlySet<number>;
}

/** What goes wrong while sessions are revoked, and how it is put right. */
export interface Trouble {
  readonly begin?: () => void;
  readonly end?: () => void;
  /** Within how many milliseconds, by chance, a session is revoked. More than the bound: also while a copy is being made anew. */
  readonly spread: number;
}

interface Watched {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly id: string;
  revokedAt: number;
  readonly answers: Promise<{ readonly sentAt: number; readonly status: number }>[];
}

const WAVE = 20;
/** Milliseconds between two requests with one credential to one instance, by and large. */
const STEP = 80;
/** Milliseconds for which requests are sent after the bound. */
const TAIL = 120;

/** Revokes sessions while every instance is asked for them all the time, and notes the last acceptance of each. */
export class BoundObserver {
  private readonly agent = new Agent({ headersTimeout: 30_000 });
  private users = 0;

  /**
   * @param sessions opens and revokes, in this process, over a way to the store that nothing troubles
   * @param bound milliseconds that the instances are set to
   */
  constructor(
    private readonly sessions: SessionService,
    private readonly instances: readonly string[],
    private readonly bound: number,
  ) {}

  /** Revokes that many sessions, in waves, each under the trouble given. */
  async observe(revocations: number, { begin, end, spread }: Trouble): Promise<Observation> {
    const seen = { revocations, latest: 0, accepted: 0, refused: 0, finally: new Set<number>() };
    for (let done = 0; done < revocations; done += WAVE) {
      const wave = await Promise.all(Array.from({ length: Math.min(WAVE, revocations - done) }, () => this.open()));
      await Promise.all(wave.map((watched) => this.prime(watched)));
      begin?.();
      try {
        await Promise.all(wave.map((watched) => this.revokeUnderLoad(watched, spread)));
      } finally {
        end?.();
      }
      for (const watched of wave) {
        for (const answer of watched.answers) {
          const { sentAt, status } = await answer;
          const after = sentAt - watched.revokedAt;
          if (status === 200 && after > 0) seen.accepted += 1;
          if (status === 200) seen.latest = Math.max(seen.latest, after);
          else if (after > this.bound) seen.refused += 1;
        }
        for (const status of await this.settled(watched)) seen.finally.add(status);
      }
    }
    return seen;
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** A session of a user of its own; cookies and access tokens by turns. */
  private async open(): Promise<Watched> {
    const userId = `user-${(this.users += 1)}`;
    const { session, credentials } = await this.sessions.open({
      userId,
      principal: { username: userId, roles: [] },
      channel: this.users % 2 ? 'browser' : 'api',
      client: { address: '127.0.0.1', userAgent: '' },
      fence: await this.sessions.fence(userId),
    });
    const isBrowser = credentials.channel === 'browser';
    return {
      path: isBrowser ? '/browser/me' : '/api/me',
      headers: isBrowser
        ? { cookie: `__Host-sid=${credentials.cookie}` }
        : { authorization: `Bearer ${credentials.accessToken}` },
      id: session.id,
      revokedAt: Number.POSITIVE_INFINITY,
      answers: [],
    };
  }

  /** Asks every instance until it accepts the session: it holds a copy then. */
  private async prime(watched: Watched): Promise<void> {
    for (const instance of this.instances) while ((await this.ask(instance, watched)).status !== 200) await wait(20);
  }

  private async revokeUnderLoad(watched: Watched, spread: number): Promise<void> {
    const asking = Promise.all(this.instances.map((instance) => this.keepAsking(instance, watched)));
    await wait(Math.random() * spread);
    try {
      await this.sessions.revoke(watched.id);
    } finally {
      watched.revokedAt = performance.now(); // also when it failed: else it would be asked for ever
      await asking;
    }
  }

  /** Sends a request every now and then, whether or not those before were answered, until well after the bound. */
  private async keepAsking(instance: string, watched: Watched): Promise<void> {
    await wait(Math.random() * STEP);
    for (;;) {
      watched.answers.push(this.ask(instance, watched));
      if (performance.now() > watched.revokedAt + this.bound + TAIL) return;
      await wait(STEP * (0.5 + Math.random()));
    }
  }

  /** What each instance answers, once it can. */
  private settled(watched: Watched): Promise<number[]> {
    const answers = this.instances.map(async (instance) => {
      for (;;) {
        const { status } = await this.ask(instance, watched);
        if (status !== 503) return status;
        await wait(50);
      }
    });
    return Promise.all(answers);
  }

  private async ask(instance: string, { path, headers }: Watched) {
    const sentAt = performance.now();
    const { statusCode, body } = await request(instance + path, { headers, dispatcher: this.agent });
    await body.dump();
    return { sentAt, status: statusCode };
  }
}
