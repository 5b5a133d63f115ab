import { Accounts, LoginController, SessionModule, TokenController } from 'nestjs-hybrid-session';
import { sessionOptions } from './ours.mjs';
import { openStore } from './open-store.mjs';

/** People, each a client of their own. */
const PEOPLE = 50;
const PASSWORD = 'a password of the bench';

class UnhashedAccounts extends Accounts {
  async idOf(username) {
    return username;
  }

  async verifyPassword(userId, password) {
    if (password !== PASSWORD) return undefined;
    return { userId, principal: { username: userId, roles: ['user'] }, passwordVersion: '1' };
  }

  async changePassword() {
    return false;
  }
}

/** Logs in, and does nothing else. Of each person the five latest sessions are kept, as by default. */
export async function open({ credential, ...settings }) {
  const { store, counters, statements } = await openStore(settings);
  const { limit: _, ...options } = sessionOptions();
  return {
    module: SessionModule.forRoot({
      ...options,
      store,
      ...(counters ? { counters } : {}),
      accounts: new UnhashedAccounts(),
      controllers: [LoginController, TokenController],
    }),
    statements,
    requests: async () =>
      Array.from({ length: PEOPLE }, (__, person) => ({
        method: 'POST',
        path: credential === 'cookie' ? '/auth/login' : '/auth/token',
        headers: {},
        body: JSON.stringify({ username: `${credential}-${person}@example.com`, password: PASSWORD }),
      })),
  };
}
