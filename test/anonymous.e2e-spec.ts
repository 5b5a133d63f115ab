import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import {
  CurrentVisitor,
  MemorySessionStore,
  RequireRecentAuth,
  RequireRoles,
  StoreUnavailableError,
  VisitorGuard,
  type CreateOutcome,
  type SessionData,
  type Subject,
  type Visitor,
} from 'nestjs-hybrid-session';
import { Browser, send, textOf, type Answer } from './support/clients.js';
import { ADAPTERS, PUBLIC_URL, startHostApp, type HostApp } from './support/host-app.js';

const PASSWORD = 'correct horse';
const COOKIE = '__Host-sid-visitor';

/** Counts what visitors leave behind, and is away when told to. */
class WatchedStore extends MemorySessionStore {
  created = 0;
  isAway = false;

  override async create(...call: Parameters<MemorySessionStore['create']>): Promise<CreateOutcome> {
    this.created += 1;
    return super.create(...call);
  }

  override async find(ids: readonly string[]) {
    if (this.isAway) throw new StoreUnavailableError();
    return super.find(ids);
  }

  override async fence(subject: Subject) {
    if (this.isAway) throw new StoreUnavailableError();
    return super.fence(subject);
  }
}

@Controller('cart')
@UseGuards(VisitorGuard)
class CartController {
  @Get()
  read(@CurrentVisitor() visitor: Visitor) {
    return { ...visitor.data, csrfToken: visitor.csrfToken, user: visitor.session?.userId };
  }

  @Post()
  async add(@CurrentVisitor() visitor: Visitor, @Body() { item }: { item?: string }) {
    await visitor.write((data) => (item === undefined ? data : { ...data, cart: [...itemsOf(data), item], marked: true }));
    return { csrfToken: visitor.csrfToken };
  }

  @Post('refund')
  @RequireRoles('clerk')
  refund() {
    return { open: true };
  }

  @Post('pay')
  @RequireRecentAuth()
  pay() {
    return { open: true };
  }
}

function itemsOf({ cart }: SessionData): readonly string[] {
  return Array.isArray(cart) ? cart.map(String) : [];
}

/** A browser that has not logged in, or has: keeps every cookie, and whatever CSRF token it was told last. */
class Shopper {
  readonly cookies = new Map<string, string>();
  csrfToken = '';

  constructor(private readonly url: string) {}

  async send(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const own: Record<string, string> = cookie ? { Cookie: cookie } : {};
    if (this.csrfToken && method !== 'GET') own['X-CSRF-Token'] = this.csrfToken;
    const answer = await send(this.url, method, path, {
      headers: { ...own, ...headers },
      ...(json === undefined ? {} : { body: { json } }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    if (typeof answer.body['csrfToken'] === 'string') this.csrfToken = answer.body['csrfToken'];
    return answer;
  }

  add(item: string): Promise<Answer> {
    return this.send('POST', '/cart', { item });
  }

  async items(): Promise<unknown> {
    return (await this.send('GET', '/cart')).body['cart'];
  }

  login(password = PASSWORD): Promise<Answer> {
    return this.send('POST', '/auth/login', { username: 'ada', password });
  }

  get visitorCookie(): string {
    return this.cookies.get(COOKIE) ?? '';
  }
}

const statusAndCode = ({ status, body }: Answer) => [status, body['code']];

describe.each(ADAPTERS)('A visitor who has not logged in, on %s', (adapter) => {
  let host: HostApp;
  let shopper: Shopper;
  const store = new WatchedStore();

  beforeAll(async () => {
    const anonymous = { carryOver: (data: SessionData) => ({ cart: itemsOf(data) }) };
    const options = { anonymous, limit: 'unlimited' as const };
    host = await startHostApp({ adapter, store, controllers: [CartController], options });
    host.accounts.add('ada', PASSWORD);
  });
  afterAll(() => host.close());
  beforeEach(() => {
    shopper = new Shopper(host.url);
  });

  it('leaves nothing behind as long as nothing is stored', async () => {
    const before = store.created;
    for (let i = 0; i < 3; i += 1) {
      expect((await shopper.send('GET', '/cart')).status).toBe(200);
      expect((await shopper.send('POST', '/cart', {})).status).toBe(201);
    }
    expect([store.created - before, shopper.cookies.size]).toEqual([0, 0]);
  });

  it('is given a cookie with the first thing that is stored, and finds it again; nobody else does', async () => {
    const first = await shopper.add('tea');
    expect(first.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sid-visitor=nhs_v_[^;]+; SameSite=Lax; Path=\/; HttpOnly; Secure$/),
    ]);
    expect(first.headers.get('cache-control')).toBe('no-store');
    const before = shopper.visitorCookie;
    await shopper.add('milk');
    expect(shopper.visitorCookie).toBe(before);
    expect(await shopper.items()).toEqual(['tea', 'milk']);
    expect(await new Shopper(host.url).items()).toBeUndefined();
  });

  it('needs the CSRF token of its own session for what changes something', async () => {
    await shopper.add('tea');
    const other = new Shopper(host.url);
    await other.add('gold');
    const token = shopper.csrfToken;
    for (const wrong of ['', 'x', other.csrfToken]) {
      shopper.csrfToken = wrong;
      expect(statusAndCode(await shopper.add('spam'))).toEqual([403, 'csrf_refused']);
    }
    shopper.csrfToken = token;
    expect(statusAndCode(await shopper.send('POST', '/cart', { item: 'spam' }, { Origin: 'https://evil.example' }))).toEqual([
      403,
      'origin_refused',
    ]);
    expect(await shopper.items()).toEqual(['tea']);
    expect((await shopper.add('milk')).status).toBe(201);
  });

  it('has no cart filled by another site, nor by a form that names no origin', async () => {
    const form = { body: { form: { item: 'spam' } } };
    const foreign = { headers: { Origin: 'https://evil.example' }, body: { json: { item: 'spam' } } };
    const crossSite = { headers: { 'Sec-Fetch-Site': 'cross-site' }, body: { json: { item: 'spam' } } };
    for (const given of [form, foreign, crossSite]) {
      const answer = await send(host.url, 'POST', '/cart', given);
      expect(statusAndCode(answer)).toEqual([403, 'origin_refused']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect((await send(host.url, 'POST', '/cart', { ...form, headers: { Origin: PUBLIC_URL } })).status).toBe(201);
  });

  it('is refused wherever a user is required, whatever name its cookie is sent under', async () => {
    await shopper.add('tea');
    const value = shopper.visitorCookie;
    const disguises: Record<string, string>[] = [
      { Cookie: `${COOKIE}=${value}` },
      { Cookie: `__Host-sid=${value}` },
      { Cookie: `__Host-sid=${value.replace('nhs_v_', 'nhs_c_')}` },
      { Authorization: `Bearer ${value}` },
    ];
    for (const headers of disguises) {
      for (const path of ['/me', '/browser/me', '/api/me', '/auth/session', '/auth/sessions']) {
        expect((await send(host.url, 'GET', path, { headers })).status).toBe(401);
      }
      for (const path of ['/auth/session/token', '/auth/reauthenticate', '/auth/password', '/auth/logout-all', '/sensitive']) {
        const csrf = { 'X-CSRF-Token': shopper.csrfToken };
        expect((await send(host.url, 'POST', path, { headers: { ...headers, ...csrf }, body: { json: {} } })).status).toBe(401);
      }
    }
    expect(await shopper.items()).toEqual(['tea']);
  });

  it('gets a new session at login, with what the host carries over and nothing else; the old one is dead', async () => {
    await shopper.add('tea');
    const before = shopper.visitorCookie;
    const answer = await shopper.login();
    expect(answer.status).toBe(200);
    expect(shopper.visitorCookie).toBe('');
    const { headers } = answer;
    expect(headers.getSetCookie()).toContainEqual(expect.stringMatching(/^__Host-sid-visitor=; Max-Age=0; .*HttpOnly; Secure$/));
    const { body } = await shopper.send('GET', '/cart');
    expect(body).toEqual({ cart: ['tea'], csrfToken: expect.any(String), user: expect.any(String) }); // and not what was `marked`
    const old = await send(host.url, 'GET', '/cart', { headers: { Cookie: `${COOKIE}=${before}` } });
    expect(old.body).toEqual({});
    await shopper.add('milk'); // into the session of the user, with its CSRF token
    expect(await shopper.items()).toEqual(['tea', 'milk']);
  });

  it('keeps what is stored when a login fails', async () => {
    await shopper.add('tea');
    expect((await shopper.login('wrong')).status).toBe(401);
    expect(await shopper.items()).toEqual(['tea']);
  });

  it('does an attacker no good who had planted the session before the login (fixation)', async () => {
    const attacker = new Shopper(host.url);
    await attacker.add('bait');
    const { visitorCookie, csrfToken } = attacker;
    shopper.cookies.set(COOKIE, visitorCookie);
    await shopper.login();
    await shopper.add('a secret of ada');
    expect(attacker.visitorCookie).toBe(visitorCookie);
    expect(shopper.cookies.get('__Host-sid')).not.toContain(visitorCookie.split('.')[1] ?? '');
    expect((await attacker.send('GET', '/me')).status).toBe(401);
    expect(await attacker.items()).toBeUndefined();
    const stolen = { Cookie: `__Host-sid=${visitorCookie.replace('nhs_v_', 'nhs_c_')}`, 'X-CSRF-Token': csrfToken };
    expect((await send(host.url, 'GET', '/me', { headers: stolen })).status).toBe(401);
    attacker.csrfToken = csrfToken;
    await attacker.add('more bait'); // begins another session: nothing of it reaches the victim
    expect(await shopper.items()).toEqual(['bait', 'a secret of ada']);
    // Nor may the token that the attacker knew be used against the victim.
    const cookie = `__Host-sid=${shopper.cookies.get('__Host-sid')}`;
    const forged = await send(host.url, 'POST', '/cart', {
      headers: { Cookie: cookie, 'X-CSRF-Token': csrfToken },
      body: { json: { item: 'spam' } },
    });
    expect(forged.status).toBe(403);
  });

  it('whose cookie stands twice has none, and at login both sessions end', async () => {
    const attacker = new Shopper(host.url);
    await attacker.add('bait');
    await shopper.add('tea');
    const both = { Cookie: `${COOKIE}=${attacker.visitorCookie}; ${COOKIE}=${shopper.visitorCookie}` };
    expect((await send(host.url, 'GET', '/cart', { headers: both })).body).toEqual({});
    const login = { headers: both, body: { json: { username: 'ada', password: PASSWORD } } };
    expect((await send(host.url, 'POST', '/auth/login', login)).status).toBe(200);
    for (const one of [attacker, shopper]) expect(await one.items()).toBeUndefined();
  });

  it('takes neither cart along into a login when the cookie stands twice, whichever was tossed in', async () => {
    for (const isFirst of [true, false]) {
      const attacker = new Shopper(host.url);
      await attacker.add('bait');
      shopper = new Shopper(host.url);
      await shopper.add('tea');
      const pair = [attacker.visitorCookie, shopper.visitorCookie].map((value) => `${COOKIE}=${value}`);
      const headers = { Cookie: (isFirst ? pair : pair.toReversed()).join('; ') };
      expect((await shopper.send('POST', '/auth/login', { username: 'ada', password: PASSWORD }, headers)).status).toBe(200);
      expect((await shopper.send('GET', '/cart')).body).toEqual({ csrfToken: expect.any(String), user: expect.any(String) });
    }
  });

  it('is again one whose session as a user is over, but not one whose token is no good', async () => {
    const browser = new Browser(host.url);
    await browser.login('ada', PASSWORD);
    shopper.cookies.set('__Host-sid', browser.cookie);
    expect((await shopper.send('GET', '/cart')).body['user']).toEqual(expect.any(String));
    await browser.send('POST', '/auth/logout');
    expect((await shopper.send('GET', '/cart')).body).toEqual({});
    shopper.csrfToken = '';
    expect((await shopper.add('tea')).status).toBe(201);
    expect(await shopper.items()).toEqual(['tea']);
    expect((await shopper.send('GET', '/cart', undefined, { Authorization: 'Bearer a.b.c' })).status).toBe(401);
  });

  it('finds a route shut that demands something of a user and has no guard of users; a user does, too', async () => {
    await shopper.add('tea');
    expect((await shopper.send('POST', '/cart/refund')).status).toBe(401);
    await shopper.login();
    for (const path of ['/cart/refund', '/cart/pay']) expect((await shopper.send('POST', path)).status).toBe(401);
  });

  it('is told 503 while the store is away, and is neither forgotten nor begun', async () => {
    await shopper.add('tea');
    store.isAway = true;
    const answers = [await shopper.send('GET', '/cart'), await shopper.add('milk'), await new Shopper(host.url).add('gold')];
    store.isAway = false;
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await shopper.items()).toEqual(['tea']);
  });
});

describe.each(ADAPTERS)('Visitors whose host says no more than that they may, on %s', (adapter) => {
  let host: HostApp;

  beforeAll(async () => {
    const options = { anonymous: { limits: { address: 3 } } };
    host = await startHostApp({
      adapter,
      store: new MemorySessionStore(),
      controllers: [CartController],
      options,
      trustProxy: true,
    });
    host.accounts.add('ada', PASSWORD);
  });
  afterAll(() => host.close());

  it('carry nothing over into a login', async () => {
    const shopper = new Shopper(host.url);
    await shopper.add('tea');
    await shopper.login();
    expect(await shopper.items()).toBeUndefined();
  });

  it('begin no more sessions at one address than the limit says; those who have one go on, and so do logins', async () => {
    const flood = Array.from({ length: 10 }, () => new Shopper(host.url));
    const headers = { 'X-Forwarded-For': '192.0.2.9' };
    const answers = await Promise.all(flood.map((one) => one.send('POST', '/cart', { item: 'spam' }, headers)));
    const refused = answers.filter(({ status }) => status === 429);
    expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([3, 7]);
    for (const answer of refused) {
      expect(answer.body['code']).toBe('too_many_attempts');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const begun = flood.find(({ visitorCookie }) => visitorCookie !== '');
    expect((await begun?.send('POST', '/cart', { item: 'more' }, headers))?.status).toBe(201);
    const login = { headers, body: { json: { username: 'ada', password: PASSWORD } } };
    expect((await send(host.url, 'POST', '/auth/login', login)).status).toBe(200);
    expect((await new Shopper(host.url).send('POST', '/cart', { item: 'tea' }, { 'X-Forwarded-For': '192.0.2.10' })).status).toBe(
      201,
    );
  });
});

describe('Where the host has not said that visitors may store something', () => {
  it('they are asked to log in, and those who have may', async () => {
    const host = await startHostApp({ adapter: 'fastify', store: new MemorySessionStore(), controllers: [CartController] });
    host.accounts.add('ada', PASSWORD);
    const shopper = new Shopper(host.url);
    expect((await shopper.send('GET', '/cart')).status).toBe(200);
    expect(statusAndCode(await shopper.add('tea'))).toEqual([401, 'not_authenticated']);
    expect(textOf(await shopper.login(), 'csrfToken')).toBe(shopper.csrfToken);
    expect((await shopper.add('tea')).status).toBe(201);
    expect(await shopper.items()).toEqual(['tea']);
    await host.close();
  });
});
