import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { decodeJwt } from 'jose';
import {
  hours,
  minutes,
  RequireAcr,
  RequireRoles,
  RequireScopes,
  SESSION_EVENT_TYPES,
  SessionGuard,
  type AuditEntry,
  type SessionModuleOptions,
  type SessionRecord,
} from 'nestjs-hybrid-session';
import { ENGINES } from '../src/database/testing/engines.js';
import { AuditWalk } from './support/audit-walk.js';
import { ApiClient, Browser, send, textOf, type Answer } from './support/clients.js';
import { HandedOut } from './support/handed-out.js';
import { ADAPTERS, type HostApp } from './support/host-app.js';

const PASSWORD = 'correct horse';
const CLIENT_SECRET = 'a secret of the backend';
const HERE = '127.0.0.1';

@Controller('vault')
@UseGuards(SessionGuard)
class VaultController {
  @Get('roles')
  @RequireRoles('admin')
  roles() {
    return {};
  }

  @Get('scopes')
  @RequireScopes('write')
  scopes() {
    return {};
  }

  @Post('keys')
  @RequireAcr('aal2')
  keys() {
    return {};
  }
}

/**
 * The events that no request brings about by itself: a journal that came back, a store that is away, a store that forgot. Visitors
 * stored signing keys and whoever acts for a user have journeys of their own.
 */
const NOT_WALKED = [
  'journal.older',
  'session.served_stale',
  'refresh.healed',
  'anonymous.opened',
  'anonymous.throttled',
  'impersonation.acted',
  'signing_key.created',
  'signing_key.refused',
  'signal.verification_requested',
  'signal.undelivered',
];

describe.each(ADAPTERS.map((adapter, at) => ({ adapter, engine: ENGINES[at % ENGINES.length] })))(
  'every act leaves its entries in the audit trail, on $adapter with $engine.name',
  ({ adapter, engine }) => {
    let walk: AuditWalk;
    let handedOut: HandedOut;
    let host: HostApp;
    let ada: string;
    let eve: string;

    beforeAll(async () => {
      if (!engine) throw new Error('There is always the embedded engine.');
      walk = await AuditWalk.open(engine);
      handedOut = new HandedOut();
      handedOut.keep(CLIENT_SECRET);
    });
    afterAll(async () => {
      handedOut.close();
      await walk.close();
    });

    const start = async (options: Partial<SessionModuleOptions> = {}) => {
      const clients = [
        { id: 'mobile', scopes: ['read'] },
        { id: 'backend', secret: CLIENT_SECRET, mayRevokeUsers: true },
      ];
      host = await walk.host({ adapter, controllers: [VaultController] }, { clients, ...options });
      ada = host.accounts.add('ada', PASSWORD, ['user']);
      eve = host.accounts.add('eve', PASSWORD, ['user']);
    };
    afterEach(() => host.close());

    type Facts = Partial<AuditEntry>;
    const entry = (type: string, outcome: AuditEntry['outcome'], level: AuditEntry['level'], facts: Facts) => ({
      at: host.clock.now(),
      type,
      outcome,
      level,
      ...facts,
    });
    const done = (type: string, owasp: AuditEntry['owasp'], facts: Facts) => entry(type, 'success', 'info', { owasp, ...facts });
    const refused = (type: string, owasp: AuditEntry['owasp'], facts: Facts) =>
      entry(type, 'failure', 'warn', { ...(owasp ? { owasp } : {}), ...facts });
    const opened = (userId: string, channel: 'browser' | 'api', sessionId: string, more: Facts = {}) => [
      done('login.succeeded', 'authn_login_success', { userId, address: HERE }),
      done('session.opened', 'session_created', { userId, sessionId, channel, address: HERE, device: 'node', ...more }),
      entry('login.new_device', 'notice', 'info', { userId, sessionId, channel, address: HERE, device: 'node', ...more }),
    ];
    const ended = (userId: string, sessionId: string, reason: string, owasp: AuditEntry['owasp'], more: Facts = {}) =>
      done('session.ended', owasp, { userId, sessionId, reason, address: HERE, ...more });

    /** Somebody who is logged in, without a look at what that has left. */
    const browserOf = (name = 'ada') =>
      walk.unseen(async () => {
        const browser = new Browser(host.url);
        const { body } = await browser.login(name, PASSWORD);
        return Object.assign(browser, { sid: sidOf(body) });
      });
    const apiOf = (name = 'ada', more: object = {}) =>
      walk.unseen(async () => {
        const client = new ApiClient(host.url);
        await client.login(name, PASSWORD, more);
        return Object.assign(client, { sid: String(decodeJwt(client.accessToken)['sid']) });
      });
    const password = (text: string) => ({ json: { password: text } });

    describe('logging in and out', () => {
      beforeEach(() => start({ limit: { max: 2, policy: 'evict' } }));

      it('in a browser, again in the same one, from a known device, and out', async () => {
        const browser = new Browser(host.url);
        let first: Answer | undefined;
        let second: Answer | undefined;
        await walk.expect(
          async () => (first = await browser.login('ada', PASSWORD)),
          () => opened(ada, 'browser', sidOf(first?.body)),
        );
        const device = /__Host-sid-device=[^;]+/.exec(first?.headers.getSetCookie().join() ?? '')?.[0] ?? '';
        await walk.expect(
          async () => {
            const headers = { Cookie: `__Host-sid=${browser.cookie}; ${device}` };
            second = await send(host.url, 'POST', '/auth/login', {
              body: { json: { username: 'ada', password: PASSWORD } },
              headers,
            });
          },
          () => [
            done('login.succeeded', 'authn_login_success', { userId: ada, address: HERE }),
            ended(ada, sidOf(first?.body), 'replaced', 'session_expired'),
            done('session.opened', 'session_created', {
              userId: ada,
              sessionId: sidOf(second?.body),
              channel: 'browser',
              address: HERE,
              device: 'node',
            }),
          ],
        );
        const [, cookie = ''] = /__Host-sid=([^;]+)/.exec(second?.headers.getSetCookie().join() ?? '') ?? [];
        browser.cookie = cookie;
        browser.csrfToken = textOf(second!, 'csrfToken');
        await walk.expect(
          () => browser.send('POST', '/auth/logout'),
          () => [ended(ada, sidOf(second?.body), 'logout', 'session_logout')],
        );
        browser.cookie = cookie;
        await walk.expect(
          () => browser.send('POST', '/auth/logout'),
          () => [
            refused('session.refused', 'session_use_after_expire', {
              sessionId: sidOf(second?.body),
              address: HERE,
              reason: 'gone (logout)',
            }),
          ],
        );
      });

      it('in an app, and out by an access token', async () => {
        const client = new ApiClient(host.url);
        await walk.expect(
          () => client.login('ada', PASSWORD, { device: 'Ada’s phone' }),
          () => opened(ada, 'api', sidOfToken(client), { device: 'Ada’s phone' }),
        );
        const sid = sidOfToken(client);
        await walk.expect(
          () => client.send('POST', '/auth/logout'),
          () => [ended(ada, sid, 'logout', 'session_logout')],
        );
        await walk.expect(
          () => client.refresh(),
          () => [
            refused('session.refused', 'session_use_after_expire', { sessionId: sid, address: HERE, reason: 'gone (logout)' }),
          ],
        );
      });

      it('with a password that is wrong, for a name that is known and one that is not', async () => {
        const failed = { address: HERE, resource: 'login', reason: 'credentials' };
        const attempt = (username: string, text: string) => () => new Browser(host.url).login(username, text);
        await walk.expect(attempt('ada', 'not the password'), () => [
          refused('login.failed', 'authn_login_fail', { userId: ada, ...failed }),
        ]);
        await walk.expect(attempt('nobody-canary', 'not it either'), () => [refused('login.failed', 'authn_login_fail', failed)]);
        handedOut.keep('nobody-canary');
      });

      it('once too often: who was seen least recently is put out', async () => {
        const first = await apiOf();
        host.clock.advance(minutes(1));
        const [second, third] = [await apiOf(), new ApiClient(host.url)];
        await walk.expect(
          () => third.login('ada', PASSWORD),
          () => {
            const [succeeded, ...rest] = opened(ada, 'api', sidOfToken(third));
            return [succeeded!, ended(ada, first.sid, 'evicted', 'excess_sessions_exceeded'), ...rest];
          },
        );
        await walk.expect(
          () => first.send('GET', '/me'),
          () => [
            refused('session.refused', 'session_use_after_expire', {
              sessionId: first.sid,
              address: HERE,
              reason: 'gone (evicted)',
            }),
          ],
        );
        await walk.expect(
          async () => expect((await second.send('GET', '/me')).status).toBe(200),
          () => [],
        );
      });

      it('while the password is changed: one success, or a failure when it happens again', async () => {
        let fences = 1;
        host.accounts.afterVerify = async () => void (fences-- > 0 && (await host.sessions.revokeAll(ada)));
        const client = new ApiClient(host.url);
        await walk.expect(
          () => client.login('ada', PASSWORD),
          () => opened(ada, 'api', sidOfToken(client)),
        );
        fences = 2;
        await walk.expect(
          () => client.login('ada', PASSWORD),
          () => [
            done('session.ended', 'session_logout', { userId: ada, sessionId: sidOfToken(client), reason: 'logout_all' }),
            done('login.succeeded', 'authn_login_success', { userId: ada, address: HERE }),
            refused('login.failed', 'authn_login_fail', { userId: ada, address: HERE, resource: 'login', reason: 'fenced' }),
          ],
        );
        host.accounts.afterVerify = undefined;
      });
    });

    it('a login that the limit refuses, and one that ends the others', async () => {
      await start({ limit: { max: 1, policy: 'refuse' } });
      const first = await browserOf();
      const browser = new Browser(host.url);
      await walk.expect(
        () => browser.login('ada', PASSWORD),
        () => [
          done('login.succeeded', 'authn_login_success', { userId: ada, address: HERE }),
          refused('session.limit_reached', 'excess_sessions_exceeded', {
            userId: ada,
            channel: 'browser',
            address: HERE,
            device: 'node',
          }),
        ],
      );
      let answer: Answer | undefined;
      await walk.expect(
        async () => (answer = await browser.login('ada', PASSWORD, { endOthers: true })),
        () => {
          const [succeeded, ...rest] = opened(ada, 'browser', sidOf(answer?.body));
          return [succeeded!, ended(ada, first.sid, 'evicted', 'excess_sessions_exceeded'), ...rest];
        },
      );
    });

    it('guessing: delays, the stop, and passwords that are tried on everybody', async () => {
      await start({ loginLimits: { account: { free: 2 }, stopAfter: 3, spraying: { names: 3 } } });
      const attempt = (username: string, text: string) => () => new Browser(host.url).login(username, text);
      const door = { address: HERE, resource: 'login' };
      const failed = () => refused('login.failed', 'authn_login_fail', { userId: ada, ...door, reason: 'credentials' });
      await walk.expect(attempt('ada', 'wrong one'), () => [failed()]);
      await walk.expect(attempt('ada', 'wrong two'), () => [failed()]);
      await walk.expect(attempt('ada', PASSWORD), () => [
        refused('login.throttled', 'authn_login_fail_max', { userId: ada, ...door, reason: 'account' }),
      ]);
      host.clock.advance(minutes(1));
      await walk.expect(attempt('ada', 'wrong three'), () => [
        failed(),
        entry('login.stopped', 'notice', 'warn', { owasp: 'authn_login_lock', userId: ada, address: HERE }),
      ]);
      host.clock.advance(hours(1));
      await walk.expect(attempt('ada', PASSWORD), () => [
        refused('login.throttled', 'authn_login_fail_max', { userId: ada, ...door, reason: 'stop' }),
      ]);
      await walk.expect(attempt('eve', 'wrong for eve'), () => [
        refused('login.failed', 'authn_login_fail', { userId: eve, ...door, reason: 'credentials' }),
      ]);
      await walk.expect(attempt('mallory', 'wrong for all'), () => [
        refused('login.failed', 'authn_login_fail', { ...door, reason: 'credentials' }),
        entry('login.spraying', 'notice', 'warn', { owasp: 'excess_rate_limit_exceeded', address: HERE, count: 3 }),
      ]);
      await walk.expect(attempt('eve', PASSWORD), () => [
        refused('login.throttled', 'excess_rate_limit_exceeded', { userId: eve, ...door, reason: 'address' }),
      ]);
      host.clock.advance(hours(1));
      let answer: Answer | undefined;
      const browser = new Browser(host.url);
      await walk.expect(
        async () => (answer = await browser.login('eve', PASSWORD)),
        () => {
          const [, ...rest] = opened(eve, 'browser', sidOf(answer?.body));
          return [done('login.succeeded', 'authn_login_successafterfail', { userId: eve, address: HERE, count: 1 }), ...rest];
        },
      );
    });

    describe('what a person does who is logged in', () => {
      beforeEach(() => start({ limit: 'unlimited' }));

      it('proves the password again, rightly and not', async () => {
        const browser = await browserOf();
        await walk.expect(
          () => browser.send('POST', '/auth/reauthenticate', password('not the password')),
          () => [
            refused('login.failed', 'authn_login_fail', {
              userId: ada,
              sessionId: browser.sid,
              address: HERE,
              resource: 'reauthentication',
              reason: 'credentials',
            }),
          ],
        );
        const old = browser.at(host.url);
        await walk.expect(
          () => browser.send('POST', '/auth/reauthenticate', password(PASSWORD)),
          () => [
            done('session.renewed', 'session_renewed', {
              userId: ada,
              sessionId: browser.sid,
              address: HERE,
              reason: 'reauthenticated',
            }),
          ],
        );
        await walk.expect(
          () => old.send('GET', '/me'),
          () => [
            refused('session.refused', 'session_use_after_expire', {
              userId: ada,
              sessionId: browser.sid,
              address: HERE,
              reason: 'superseded',
            }),
          ],
        );
      });

      it('changes the password, rightly and not', async () => {
        const [browser, phone] = [await browserOf(), await apiOf()];
        const change = (currentPassword: string) => () =>
          browser.send('POST', '/auth/password', { json: { currentPassword, newPassword: 'another horse' } });
        await walk.expect(change('not the password'), () => [
          refused('login.failed', 'authn_password_change_fail', {
            userId: ada,
            sessionId: browser.sid,
            address: HERE,
            resource: 'password_change',
            reason: 'credentials',
          }),
        ]);
        await walk.expect(change(PASSWORD), () => [
          done('password.changed', 'authn_password_change', { userId: ada, sessionId: browser.sid, address: HERE }),
          ended(ada, phone.sid, 'password_changed', 'session_expired', { actorSessionId: browser.sid }),
          done('session.renewed', 'session_renewed', {
            userId: ada,
            sessionId: browser.sid,
            address: HERE,
            reason: 'password_changed',
          }),
        ]);
      });

      it('ends another session of hers, all others, and all; and one that is not hers', async () => {
        const [browser, phone, tablet] = [await browserOf(), await apiOf(), await apiOf()];
        const stranger = await apiOf('eve');
        await walk.expect(
          async () => expect((await browser.send('DELETE', `/auth/sessions/${stranger.sid}`)).status).toBe(404),
          () => [
            refused('access.refused', 'malicious_direct_reference', {
              userId: ada,
              sessionId: browser.sid,
              address: HERE,
              resource: `session ${stranger.sid}`,
              reason: 'foreign',
            }),
          ],
        );
        await walk.expect(
          () => browser.send('DELETE', `/auth/sessions/${phone.sid}`),
          () => [ended(ada, phone.sid, 'revoked', 'authn_token_revoked', { actorSessionId: browser.sid })],
        );
        await walk.expect(
          async () => expect((await browser.send('DELETE', `/auth/sessions/${phone.sid}`)).status).toBe(404),
          () => [],
        );
        await walk.expect(
          () => browser.send('DELETE', '/auth/sessions'),
          () => [ended(ada, tablet.sid, 'logout_others', 'session_expired', { actorSessionId: browser.sid })],
        );
        await walk.expect(
          () => browser.send('POST', '/auth/logout-all'),
          () => [ended(ada, browser.sid, 'logout_all', 'session_logout')],
        );
      });

      it('is refused what she may not do', async () => {
        const [browser, phone] = [await browserOf(), await apiOf('ada', { client_id: 'mobile' })];
        const denied = (sid: string, reason: string, resource: string) => [
          refused('access.refused', 'authz_fail', { userId: ada, sessionId: sid, address: HERE, resource, reason }),
        ];
        await walk.expect(
          () => browser.send('GET', '/vault/roles'),
          () => denied(browser.sid, 'role', 'VaultController.roles'),
        );
        await walk.expect(
          () => phone.send('GET', '/vault/scopes'),
          () => denied(phone.sid, 'scope', 'VaultController.scopes'),
        );
        await walk.expect(
          () => browser.send('POST', '/vault/keys'),
          () => denied(browser.sid, 'acr', 'VaultController.keys'),
        );
        host.clock.advance(minutes(11));
        await walk.expect(
          () => browser.send('POST', '/sensitive'),
          () => denied(browser.sid, 'recency', 'ThingsController.sensitive'),
        );
        await walk.expect(
          () => browser.send('GET', '/me'),
          () => [],
        );
      });

      it('gets a token for a page, tokens for older ones, and revokes them', async () => {
        const [browser, phone] = [await browserOf(), await apiOf()];
        await walk.expect(
          () => browser.send('POST', '/auth/session/token'),
          () => [done('token.issued', 'authn_token_created', { userId: ada, sessionId: browser.sid, address: HERE })],
        );
        const told = { userId: ada, sessionId: phone.sid, address: HERE };
        const first = phone.refreshToken;
        await walk.expect(
          () => phone.refresh(),
          () => [done('refresh.rotated', 'authn_token_created', told)],
        );
        await walk.expect(
          () => phone.refresh(first),
          () => [done('refresh.replayed', 'authn_token_created', told)],
        );
        const form = (token: string) => ({ body: { form: { token, client_id: 'backend', client_secret: CLIENT_SECRET } } });
        await walk.expect(
          () => send(host.url, 'POST', '/oauth/introspect', form(phone.refreshToken)),
          () => [],
        );
        await walk.expect(
          () => send(host.url, 'POST', '/oauth/revoke', { body: { form: { token: phone.refreshToken } } }),
          () => [ended(ada, phone.sid, 'revoked', 'authn_token_revoked')],
        );
        const other = await apiOf('eve');
        const globally = { sub_id: { format: 'opaque', id: eve }, client_id: 'backend', client_secret: CLIENT_SECRET };
        await walk.expect(
          () => send(host.url, 'POST', '/oauth/global-token-revocation', { body: { json: globally } }),
          () => [
            ended(eve, other.sid, 'revoked', 'authn_token_revoked'),
            entry('oauth_client.revoked_user', 'success', 'warn', {
              owasp: 'authn_token_revoked',
              userId: eve,
              address: HERE,
              resource: 'backend',
              count: 1,
            }),
          ],
        );
      });

      it('is away for too long', async () => {
        const [browser, phone] = [await browserOf(), await apiOf()];
        host.clock.advance(minutes(31));
        await walk.expect(
          () => browser.send('GET', '/me'),
          () => [
            entry('session.refused', 'failure', 'info', {
              owasp: 'session_expired',
              userId: ada,
              sessionId: browser.sid,
              address: HERE,
              reason: 'expired',
            }),
          ],
        );
        await walk.expect(
          () => phone.send('GET', '/me'),
          () => [
            entry('session.refused', 'failure', 'info', {
              userId: ada,
              sessionId: phone.sid,
              address: HERE,
              reason: 'token_expired',
            }),
          ],
        );
      });
    });

    it('a refresh token that somebody else has as well', async () => {
      await start({ limit: 'unlimited', onSuspectedSharing: 'revoke' });
      const phone = await apiOf();
      const stolen = phone.refreshToken;
      await walk.unseen(async () => {
        await phone.refresh();
        await phone.refresh();
      });
      const told = { userId: ada, sessionId: phone.sid, address: HERE };
      await walk.expect(
        () => phone.refresh(stolen),
        () => [
          refused('refresh.reused', 'authn_token_reuse', told),
          entry('session.ended', 'success', 'warn', { owasp: 'session_expired', ...told, reason: 'reuse' }),
        ],
      );
      const shared = await apiOf();
      const replay = async () => {
        const token = shared.refreshToken;
        await shared.refresh(token);
        await shared.refresh(token);
      };
      await walk.unseen(replay);
      await walk.unseen(replay);
      const about = { userId: ada, sessionId: shared.sid, address: HERE };
      await walk.expect(replay, () => [
        done('refresh.rotated', 'authn_token_created', about),
        done('refresh.replayed', 'authn_token_created', about),
        entry('refresh.suspected_sharing', 'notice', 'warn', { owasp: 'authn_token_reuse', ...about }),
        entry('session.ended', 'success', 'warn', { owasp: 'session_expired', ...about, reason: 'suspected_sharing' }),
      ]);
    });

    it('what is no credential of ours, or not of this session, or of another client', async () => {
      await start({ limit: 'unlimited' });
      const [browser, phone] = [await browserOf(), await apiOf('ada', { client_id: 'mobile' })];
      const nothing = (kind: string) => [refused('credential.refused', undefined, { address: HERE, reason: kind })];
      await walk.expect(
        () => send(host.url, 'GET', '/me'),
        () => [],
      );
      await walk.expect(
        () => send(host.url, 'GET', '/me', { headers: { Cookie: '__Host-sid=canary-cookie' } }),
        () => nothing('cookie'),
      );
      await walk.expect(
        () => phone.send('GET', '/me', undefined, `${phone.accessToken}x`),
        () => nothing('access_token'),
      );
      await walk.expect(
        () => phone.refresh('canary-refresh'),
        () => nothing('refresh_token'),
      );
      await walk.expect(
        () =>
          send(host.url, 'GET', '/me', { headers: { Cookie: `__Host-sid=${browser.cookie.replace(/[^.]+$/, 'A'.repeat(43))}` } }),
        () => [
          refused('session.refused', 'malicious_direct_reference', { sessionId: browser.sid, address: HERE, reason: 'forged' }),
        ],
      );
      await walk.expect(
        () => send(host.url, 'GET', '/me', { headers: { Authorization: `DPoP ${phone.accessToken}` } }),
        () => [
          refused('dpop.refused', 'authn_login_fail', { userId: ada, sessionId: phone.sid, address: HERE, reason: 'unbound' }),
        ],
      );
      await walk.expect(
        () => phone.refresh(phone.refreshToken, { client_id: 'backend', client_secret: CLIENT_SECRET }),
        () => [
          refused('session.refused', 'authz_fail', {
            userId: ada,
            sessionId: phone.sid,
            address: HERE,
            reason: 'foreign_client',
          }),
        ],
      );
      await walk.expect(
        () => phone.refresh(phone.refreshToken, { client_id: 'backend', client_secret: 'canary-secret' }),
        () => [refused('oauth_client.refused', 'authn_login_fail', { address: HERE, resource: 'backend' })],
      );
      await walk.expect(
        () => phone.refresh(phone.refreshToken, { client_id: 'canary-client' }),
        () => [refused('oauth_client.refused', 'authn_login_fail', { address: HERE })],
      );
      for (const typed of ['canary-cookie', 'canary-refresh', 'canary-secret', 'canary-client']) handedOut.keep(typed);
    });

    it('another site that acts with the cookie', async () => {
      await start({ limit: 'unlimited' });
      const browser = await browserOf();
      const about = { userId: ada, sessionId: browser.sid, address: HERE };
      await walk.expect(
        () => send(host.url, 'PATCH', '/me', { headers: { Cookie: `__Host-sid=${browser.cookie}` } }),
        () => [refused('csrf.refused', 'malicious_csrf', about)],
      );
      await walk.expect(
        () => browser.send('PATCH', '/me', undefined, { Origin: 'https://evil.example' }),
        () => [refused('origin.refused', 'malicious_csrf', about)],
      );
      await walk.expect(
        () => send(host.url, 'POST', '/auth/login', { body: { json: {} }, headers: { Origin: 'https://evil.example' } }),
        () => [refused('origin.refused', 'malicious_csrf', { address: HERE })],
      );
    });

    it('a session from another place or program', async () => {
      await start({ limit: 'unlimited', onClientChange: { userAgent: 'stepUp', network: 'end' } });
      const [browser, phone] = [await browserOf(), await apiOf()];
      await walk.expect(
        () => browser.send('GET', '/me', undefined, { 'User-Agent': 'curl/8.14.1' }),
        () => [
          refused('client.changed', undefined, {
            userId: ada,
            sessionId: browser.sid,
            address: HERE,
            device: 'curl',
            reason: 'userAgent (stepUp)',
          }),
          refused('access.refused', 'authz_fail', { userId: ada, sessionId: browser.sid, address: HERE, reason: 'recency' }),
        ],
      );
      const there = { 'X-Forwarded-For': '198.51.100.1', Authorization: `Bearer ${phone.accessToken}` };
      await walk.expect(
        () => send(host.url, 'GET', '/me', { headers: there }),
        () => [
          refused('client.changed', undefined, {
            userId: ada,
            sessionId: phone.sid,
            address: '198.51.100.1',
            device: 'node',
            reason: 'network (end)',
          }),
          entry('session.ended', 'success', 'warn', {
            owasp: 'session_expired',
            userId: ada,
            sessionId: phone.sid,
            address: '198.51.100.1',
            reason: 'client_changed',
          }),
        ],
      );
    });

    it('a record that somebody has edited, however often it is presented: once each time', async () => {
      const store = walk.store();
      const find = store.find.bind(store);
      let edit = (record: SessionRecord) => record;
      store.find = async (ids) => (await find(ids)).map((record) => record && edit(record));
      await start({ limit: 'unlimited', store });
      const [browser, phone] = [await browserOf(), await apiOf()];
      edit = (record) => ({ ...record, acr: 'aal3' });
      const tampered = (sid: string) => () => [
        refused('session.refused', 'crypt_decrypt_fail', { sessionId: sid, address: HERE, reason: 'tampered' }),
      ];
      await walk.expect(() => browser.send('GET', '/me'), tampered(browser.sid));
      await walk.expect(() => browser.send('GET', '/browser/me'), tampered(browser.sid));
      await walk.expect(() => phone.send('GET', '/api/me'), tampered(phone.sid));
      await walk.expect(() => phone.refresh(), tampered(phone.sid));
    });

    it('rights that were changed, and the end of everyone', async () => {
      await start({ limit: 'unlimited' });
      await browserOf();
      await walk.expect(
        () =>
          host.sessions.setPrincipal(ada, host.accounts.setRoles(ada, ['admin', 'user']), { address: '192.0.2.9', actorId: eve }),
        () => [
          entry('rights.changed', 'success', 'warn', {
            owasp: 'authz_change',
            userId: ada,
            actorId: eve,
            address: '192.0.2.9',
            reason: 'roles: admin user',
            count: 1,
          }),
        ],
      );
      const count = await host.sessions.list(ada).then((sessions) => sessions.length);
      expect(count).toBe(1);
      let total = 0;
      await walk.expect(
        async () => (total = await host.sessions.revokeEveryone({ address: '192.0.2.9', actorId: eve })),
        () => [
          entry('everyone.ended', 'success', 'warn', {
            owasp: 'session_expired',
            actorId: eve,
            address: '192.0.2.9',
            reason: 'everyone',
            count: total,
          }),
        ],
      );
    });

    it('all of them together are one chain without a secret in it, and every type of event has been there', async () => {
      await start();
      expect(await walk.trail.verify()).toMatchObject({ intact: true });
      expect(handedOut.secrets.size).toBeGreaterThan(80);
      expect(handedOut.foundIn(await walk.everything())).toEqual([]);
      const missing = SESSION_EVENT_TYPES.filter((type) => !walk.types.has(type));
      expect(missing.toSorted()).toEqual(NOT_WALKED.toSorted());
    });
  },
);

function sidOf(body: Readonly<Record<string, unknown>> | undefined): string {
  const session: unknown = body?.['session'];
  if (typeof session === 'object' && session !== null && 'id' in session) return String(session.id);
  throw new Error(`No session was opened: ${JSON.stringify(body)}`);
}

function sidOfToken({ accessToken }: ApiClient): string {
  return String(decodeJwt(accessToken)['sid']);
}
