import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import { createClient, type Client } from 'graphql-ws';
import {
  CsrfExempt,
  CurrentUser,
  RequireRecentAuth,
  RequireRoles,
  SessionGuard,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { WebSocket } from 'ws';
import { ApiClient, Browser, send, textOf } from './support/clients.js';
import { PUBLIC_URL } from './support/host-app.js';
import { MEETINGS, startPair, type Pair } from './support/live-hosts.js';
import { ProvingKey } from './support/proving-key.js';

/** Yields once, and then waits until nobody listens any more. */
function onceAndWait(): AsyncIterableIterator<{ tick: string }> {
  let isFirst = true;
  let stop: (result: IteratorReturnResult<undefined>) => void = () => undefined;
  const over = new Promise<IteratorReturnResult<undefined>>((resolve) => (stop = resolve));
  return {
    next: () => {
      if (!isFirst) return over;
      isFirst = false;
      return Promise.resolve({ value: { tick: 'first' }, done: false });
    },
    return: () => {
      stop({ value: undefined, done: true });
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

@Resolver()
@UseGuards(SessionGuard)
class ThingsResolver {
  @Query('me')
  me(@CurrentUser() user: AuthenticatedUser) {
    return user.username;
  }

  @Query('ruled')
  @RequireRoles('ruler')
  ruled() {
    return 'everything';
  }

  @Mutation('rename')
  rename() {
    return true;
  }

  @Mutation('ping')
  @CsrfExempt('it changes nothing')
  ping() {
    return true;
  }

  @Mutation('rule')
  @RequireRoles('ruler')
  rule() {
    return true;
  }

  @Subscription('tick')
  tick() {
    return onceAndWait();
  }

  @Subscription('secret')
  @RequireRoles('ruler')
  @RequireRecentAuth()
  secret() {
    return onceAndWait();
  }
}

/** What `graphql-ws` knows of a socket, where this is a subscription. */
function socketOf(given: unknown): { readonly request: unknown } | undefined {
  return typeof given === 'object' && given !== null && 'extra' in given
    ? (given.extra as { readonly request: unknown })
    : undefined;
}

const graphql = (context?: (given: unknown) => object) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    typeDefs: `type Query { me: String! ruled: String } type Mutation { rename: Boolean! rule: Boolean! ping: Boolean! } type Subscription { tick: String! secret: String! }`,
    subscriptions: { 'graphql-ws': true },
    ...(context ? { context } : {}),
    playground: false,
  });

describe.each(MEETINGS)('GraphQL, on $adapter with $meeting', (meeting) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(meeting, { imports: [graphql()], providers: [ThingsResolver] });
  });
  afterAll(() => pair.close());

  const browser = async () => {
    const page = new Browser(pair.one.url);
    expect((await page.login('ada', 'ada-password')).status).toBe(200);
    return page;
  };
  const phone = async () => {
    const client = new ApiClient(pair.one.url);
    expect((await client.login('ada', 'ada-password')).status).toBe(200);
    return client;
  };
  const query = (text: string) => ({ json: { query: text } });
  const subscriber = (
    given: { headers?: Record<string, string>; connectionParams?: Record<string, unknown> },
    at = pair.two.url,
  ) => {
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: given.headers ?? {} });
      }
    }
    const url = `${at.replace('http', 'ws')}/graphql`;
    const closes: { code: number; reason: string }[] = [];
    const client = createClient({
      url,
      webSocketImpl: Socket,
      retryAttempts: 0,
      ...(given.connectionParams ? { connectionParams: given.connectionParams } : {}),
      on: { closed: (event) => void closes.push(event as { code: number; reason: string }) },
    });
    return { client, closes };
  };
  /** The first thing that a subscription yields, and what becomes of it later. */
  const subscribe = (client: Client, text: string) => {
    let yielded: (value: unknown) => void = () => undefined;
    const first = new Promise<unknown>((resolve) => (yielded = resolve));
    const over = new Promise<unknown>((resolve) => {
      client.subscribe({ query: text }, { next: yielded, error: resolve, complete: () => resolve('complete') });
    });
    return { first, over };
  };

  it('answers whoever is signed in, and asks of a mutation with a cookie what it asks of any unsafe request', async () => {
    const [page, client] = [await browser(), await phone()];
    const ask = async (text: string) => (await page.at(pair.two.url).send('POST', '/graphql', query(text))).body;
    expect(await ask('{ me }')).toEqual({ data: { me: 'ada' } });
    expect(await ask('mutation { rename }')).toEqual({ data: { rename: true } });
    expect((await client.at(pair.two.url).send('POST', '/graphql', query('{ me }'))).body).toEqual({ data: { me: 'ada' } });
    page.csrfToken = '';
    expect(await ask('mutation { rename }')).toMatchObject({ errors: [{ extensions: { code: 'csrf_refused' } }] });
  });

  it('takes one proof of a key for all that an operation asks for (RFC 9449)', async () => {
    const key = ProvingKey.make();
    const proof = (method: string, url: string, accessToken?: string) =>
      key.prove({ method, url: PUBLIC_URL + url, now: Date.now(), accessToken });
    const login = { json: { username: 'ada', password: 'ada-password' } };
    const granted = await send(pair.one.url, 'POST', '/auth/token', {
      body: login,
      headers: { DPoP: proof('POST', '/auth/token') },
    });
    const token = textOf(granted, 'access_token');
    const headers = { Authorization: `DPoP ${token}`, DPoP: proof('POST', '/graphql', token) };
    const asked = await send(pair.two.url, 'POST', '/graphql', { body: query('{ ruled a: me b: me }'), headers });
    expect(asked.body).toMatchObject({ data: { ruled: null, a: 'ada', b: 'ada' } }); // what one field is refused is no other's
    expect(pair.two.events.filter(({ type }) => type === 'dpop.refused')).toEqual([]);
  });

  it('lets a field that needs no CSRF token open no other', async () => {
    const page = await browser();
    page.csrfToken = '';
    const { body } = await page.at(pair.two.url).send('POST', '/graphql', query('mutation { ping rename }'));
    expect(body).toMatchObject({ errors: [{ path: ['rename'], extensions: { code: 'csrf_refused' } }] });
  });

  it('tells the code of every other refusal, and logs nobody out for it', async () => {
    const page = await browser();
    const nobody = new Browser(pair.two.url);
    expect((await nobody.send('POST', '/graphql', query('{ me }'))).body).toMatchObject({
      errors: [{ extensions: { code: 'not_authenticated' } }],
    });
    expect((await page.send('POST', '/graphql', query('mutation { rule }'))).body).toMatchObject({
      errors: [{ message: expect.any(String), extensions: { code: 'forbidden' } }],
    });
    expect((await page.send('POST', '/graphql', query('{ me }'))).body).toEqual({ data: { me: 'ada' } });
  });

  it('subscribes by the cookie of the handshake, and by a token that follows it', async () => {
    const cookie = { headers: { Cookie: `__Host-sid=${(await browser()).cookie}`, Origin: PUBLIC_URL } };
    const { accessToken } = await phone();
    for (const given of [cookie, { connectionParams: { authorization: `Bearer ${accessToken}` } }]) {
      const { client } = subscriber(given);
      expect(await subscribe(client, 'subscription { tick }').first).toEqual({ data: { tick: 'first' } });
      await client.dispose();
    }
  });

  it('lets nobody subscribe without a session, from another site, or to what the session is not good for', async () => {
    const { cookie } = await browser();
    const refused = async (given: Parameters<typeof subscriber>[0], text = 'subscription { tick }') => {
      const { client } = subscriber(given);
      const { first, over } = subscribe(client, text);
      const answer = await Promise.race([first, over]);
      await client.dispose();
      return answer;
    };
    const own = { Cookie: `__Host-sid=${cookie}` };
    expect(await refused({})).toMatchObject({ errors: [{ extensions: { code: 'not_authenticated' } }] });
    expect(await refused({ headers: { ...own, Origin: 'https://evil.example' } })).toMatchObject({
      errors: [{ extensions: { code: 'origin_refused' } }],
    });
    expect(await refused({ headers: { ...own, Origin: PUBLIC_URL } }, 'subscription { secret }')).toMatchObject({
      errors: [{ extensions: { code: 'forbidden' } }],
    });
  });

  it('takes nothing that a host has made of a socket for a request: its session would be asked about once, and never again', async () => {
    const own = await startPair(meeting, {
      imports: [graphql((given) => ({ req: socketOf(given)?.request ?? given }))],
      providers: [ThingsResolver],
    });
    const page = new Browser(own.two.url);
    expect((await page.login('ada', 'ada-password')).status).toBe(200);
    const headers = { Cookie: `__Host-sid=${page.cookie}`, Origin: PUBLIC_URL };
    const { client } = subscriber({ headers }, own.two.url);
    expect(await subscribe(client, 'subscription { tick }').first).toMatchObject({
      errors: [{ extensions: { code: 'not_authenticated' } }],
    });
    await client.dispose();
    await own.close();
  });

  it('closes a subscription at every instance when the session ends at one', async () => {
    const page = await browser();
    const { client, closes } = subscriber({ headers: { Cookie: `__Host-sid=${page.cookie}`, Origin: PUBLIC_URL } });
    const { first, over } = subscribe(client, 'subscription { tick }');
    await first;
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    await over;
    expect(closes).toMatchObject([{ code: 4401, reason: 'session_over' }]);
  });
});
