import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { CurrentUser, SessionGuard, SessionModule, SessionService } from 'nestjs-hybrid-session';
import { USER, USER_AGENT } from '../user.mjs';
import { nestModule } from './nest-module.mjs';
import { meController } from './route.mjs';
import { openStore } from './open-store.mjs';

/**
 * This library as its README sets it up.
 * @param {{ credential: 'cookie' | 'token', revocation: 'strict' | { within: number }, store: string }} settings
 */
export async function open({ credential, revocation, ...settings }) {
  const { store, statements } = await openStore(settings);
  const sessions = SessionModule.forRoot({ ...sessionOptions(), store, revocation, controllers: [] });
  const me = meController({
    guards: [SessionGuard],
    user: CurrentUser(),
    answer: ({ id, username, roles }) => ({ id, username, roles }),
  });
  return {
    module: nestModule({ imports: [sessions], controllers: [me] }),
    statements,
    async logIn({ app }) {
      const { credentials } = await app.get(SessionService).open(await opening(app, credential));
      if (credentials.channel === 'browser') return { Cookie: `__Host-sid=${credentials.cookie}` };
      return { Authorization: `Bearer ${credentials.accessToken}` };
    },
  };
}

/** What every application with this library in it has to choose. Nobody shares a key or a slot with another case. */
export function sessionOptions() {
  const signingKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return {
    publicUrl: 'https://bench.example',
    keys: [randomBytes(32).toString('base64url')],
    slotSecret: randomBytes(32).toString('base64url'),
    signingKeys: [{ ...signingKey, kid: 'bench' }],
    limit: 'unlimited', // a session for each connection, all of them one user's
    lifetimes: { accessToken: 3_600_000 }, // none expires in the middle of a run
  };
}

async function opening(app, credential) {
  const { id: userId, ...principal } = USER;
  return {
    userId,
    principal,
    fence: await app.get(SessionService).fence(userId),
    channel: credential === 'cookie' ? 'browser' : 'api',
    client: { address: '127.0.0.1', userAgent: USER_AGENT },
  };
}
