import { Controller, Headers, HttpCode, Post, Req, Res } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jwtVerify, SignJWT } from 'jose';
import { Answers, InvalidTokenError, MemoryCounters, MemorySessionStore, Public, SessionService } from 'nestjs-hybrid-session';
import { ApiClient, send } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

const SECRET = new TextEncoder().encode('the secret of passport-jwt, as long as it should be');
const PASSWORD_CHANGED_AT: ReadonlyMap<string, number> = new Map([
  ['ada', 0],
  ['eve', 1_999_999_990_000],
]);
const counters = new MemoryCounters();
const NOW = 2_000_000_000_000; // the clock of the test

/** The route of docs/coming-from-passport-jwt.md, with users that stand in a list. */
@Controller('auth')
class ExchangeController {
  constructor(
    private readonly sessions: SessionService,
    private readonly answers: Answers,
  ) {}

  @Post('exchange')
  @Public()
  @HttpCode(200)
  async exchange(
    @Headers('authorization') authorization: string | undefined,
    @Req() request: { readonly ip: string },
    @Res({ passthrough: true }) response: unknown,
  ) {
    const { userId, jti, issuedAt } = await former(authorization);
    const fence = await this.sessions.fence(userId); // before the user is read
    const changedAt = PASSWORD_CHANGED_AT.get(userId);
    if (changedAt === undefined || issuedAt < changedAt) throw new InvalidTokenError();
    const { allowed } = await counters.hit({ name: 'exchange', limit: 1, window: 86_400_000 }, jti);
    if (!allowed) throw new InvalidTokenError();
    const principal = { username: userId, roles: [] };
    const client = { address: request.ip, userAgent: '' };
    const issued = await this.sessions.open({ userId, principal, fence, channel: 'api', client, authenticatedAt: issuedAt });
    return this.answers.issued(issued, response);
  }
}

/** What the strategy of passport-jwt did. */
async function former(authorization = '') {
  try {
    const options = { algorithms: ['HS256'], currentDate: new Date(NOW) };
    const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ''), SECRET, options);
    return { userId: payload.sub ?? '', jti: payload.jti ?? '', issuedAt: (payload.iat ?? 0) * 1000 };
  } catch {
    throw new InvalidTokenError();
  }
}

describe.each(ADAPTERS)('a client with a token of passport-jwt, on %s', (adapter) => {
  let host: HostApp;
  beforeEach(async () => {
    host = await startHostApp({ adapter, store: new MemorySessionStore(), controllers: [ExchangeController] });
  });
  afterEach(() => host.close());

  const formerToken = (user: string, jti: string) =>
    new SignJWT({ sub: user, jti: `${adapter} ${jti}` })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(NOW / 1000 - 60)
      .setExpirationTime(NOW / 1000 + 60)
      .sign(SECRET);
  const exchange = (token: string) => send(host.url, 'POST', '/auth/exchange', { headers: { Authorization: `Bearer ${token}` } });

  it('finds it refused by the guards', async () => {
    const headers = { Authorization: `Bearer ${await formerToken('ada', 'first')}` };
    expect((await send(host.url, 'GET', '/me', { headers })).status).toBe(401);
  });

  it('exchanges it once, at a route of the host, for tokens that end with their session', async () => {
    const token = await formerToken('ada', 'second');
    const client = new ApiClient(host.url);
    expect(client.keep(await exchange(token)).status).toBe(200);
    expect((await client.send('GET', '/me')).body).toMatchObject({ sub: 'ada', channel: 'api' });
    expect((await client.refresh()).status).toBe(200);
    expect((await exchange(token)).status).toBe(401);
    await host.sessions.revokeAll('ada');
    expect((await client.send('GET', '/me')).status).toBe(401);
  });

  it('does not exchange one from before the password was changed, of somebody unknown, or that is none', async () => {
    for (const token of [await formerToken('eve', 'third'), await formerToken('nobody', 'fourth'), 'nothing'])
      expect((await exchange(token)).status).toBe(401);
  });
});
