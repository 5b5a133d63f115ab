import type { ClientContext } from '../src/core/client-context.js';
import type { SessionEvent } from '../src/core/events.js';
import type { ApiCredentials, BrowserCredentials, IssuedSession } from '../src/core/issued-session.js';
import { resolveOptions } from '../src/core/options/resolve-options.js';
import type { SessionOptions } from '../src/core/options/session-options.js';
import type { Stopwatch } from '../src/core/ports/stopwatch.js';
import type { Session } from '../src/core/session.js';
import type { EndReason, SessionRecord } from '../src/core/record/session-record.js';
import { createSessionCore, type SessionCore } from '../src/core/session-core.js';
import type { OpenRequest } from '../src/core/session-opener.js';
import { MemoryCounters } from '../src/stores/memory/memory.counters.js';
import { MemorySessionStore } from '../src/stores/memory/memory-session.store.js';
import { ManualClock } from './manual-clock.js';
import { sampleOptions } from './sample-options.js';
import { WatchedStore } from './watched-store.js';

export const FIREFOX: ClientContext = {
  address: '192.0.2.1',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};
export const CURL: ClientContext = { address: '198.51.100.7', userAgent: 'curl/8.14.1' };

type Login = Partial<Omit<OpenRequest, 'channel'>>;

/** The whole core over a store in memory, with a clock that stands still and an audit trail that is kept. */
export class CoreUnderTest {
  private constructor(
    readonly clock: ManualClock,
    readonly store: WatchedStore,
    readonly events: SessionEvent[],
    private readonly options: SessionOptions,
    private readonly core: SessionCore,
  ) {}

  static start(options: Partial<SessionOptions> = {}): Promise<CoreUnderTest> {
    const clock = new ManualClock();
    return CoreUnderTest.over(clock, new WatchedStore(new MemorySessionStore(clock)), sampleOptions(options));
  }

  /** Another instance of the same application, before the same store; with a stopwatch that the test holds, if it gives one. */
  beside(change: Partial<SessionOptions> = {}, stopwatch?: Stopwatch): Promise<CoreUnderTest> {
    return CoreUnderTest.over(this.clock, this.store, { ...this.options, ...change }, stopwatch);
  }

  /** The same application before a store that came back from a copy: it holds these records and has forgotten all else. */
  async afterRollBack(copies: readonly (SessionRecord | undefined)[]): Promise<CoreUnderTest> {
    const app = await CoreUnderTest.over(this.clock, new WatchedStore(new MemorySessionStore(this.clock)), this.options);
    for (const copy of copies) {
      if (copy) await app.store.create(copy.id, copy, await app.sessions.fence(copy.userId), this.clock.now());
    }
    return app;
  }

  private static async over(
    clock: ManualClock,
    store: WatchedStore,
    options: SessionOptions,
    stopwatch?: Stopwatch,
  ): Promise<CoreUnderTest> {
    const events: SessionEvent[] = [];
    const onEvent = (event: SessionEvent) => void events.push(event);
    const core = await createSessionCore(resolveOptions(options), {
      store,
      clock,
      counters: new MemoryCounters(),
      onEvent,
      telemetry: options.telemetry,
      stopwatch,
    });
    return new CoreUnderTest(clock, store, events, options, core);
  }

  get sessions(): SessionCore['sessions'] {
    return this.core.sessions;
  }

  get tokens(): SessionCore['tokens'] {
    return this.core.tokens;
  }

  get inspector(): SessionCore['inspector'] {
    return this.core.inspector;
  }

  get feed(): SessionCore['feed'] {
    return this.core.feed;
  }

  get live(): SessionCore['live'] {
    return this.core.live;
  }

  get standing(): SessionCore['standing'] {
    return this.core.standing;
  }

  get health(): SessionCore['health'] {
    return this.core.health;
  }

  /** A login, from the fence to the credentials. */
  async open(channel: OpenRequest['channel'], { userId = 'user-1', ...request }: Login = {}): Promise<IssuedSession> {
    const fence = request.fence ?? (await this.sessions.fence(userId));
    const principal = { username: `name of ${userId}`, roles: ['clerk'] };
    return this.sessions.open({ userId, principal, channel, client: FIREFOX, ...request, fence });
  }

  async browser(login?: Login): Promise<BrowserCredentials & { readonly session: Session }> {
    return browserOf(await this.open('browser', login));
  }

  async api(login?: Login): Promise<ApiCredentials & { readonly session: Session }> {
    return apiOf(await this.open('api', login));
  }

  cookie(value: string, client = FIREFOX): Promise<Session> {
    return this.sessions.authenticateCookie(value, client);
  }

  token(value: string, client = FIREFOX): Promise<Session> {
    return this.sessions.authenticateToken(value, client);
  }

  refresh(refreshToken: string, more: { clientId?: string; scope?: string } = {}): Promise<ApiCredentials> {
    const client = more.clientId === undefined ? undefined : { id: more.clientId, confidential: false };
    return this.tokens.refresh({ refreshToken, client, scope: more.scope, context: FIREFOX });
  }

  /** The sessions that ended for a reason, by the audit trail, in order. */
  ended(reason: EndReason): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'session.ended' && event.reason === reason ? [event.sessionId] : []));
  }

  /** The events of these types, in order. */
  eventsOf(...types: readonly SessionEvent['type'][]): readonly SessionEvent[] {
    return this.events.filter(({ type }) => types.includes(type));
  }
}

/** What a browser was given; fails when it was something else. */
export function browserOf({ session, credentials }: IssuedSession): BrowserCredentials & { readonly session: Session } {
  if (credentials.channel !== 'browser') throw new Error('no browser was given this');
  return { ...credentials, session };
}

/** What an API client was given; fails when it was something else. */
export function apiOf({ session, credentials }: IssuedSession): ApiCredentials & { readonly session: Session } {
  if (credentials.channel !== 'api') throw new Error('no API client was given this');
  return { ...credentials, session };
}
