import { InstanceFigures } from '../../src/console/figures/instance-figures.js';
import type { Browser } from 'playwright-core';
import { ApiClient, send } from './clients.js';
import type { AdapterName } from './host-app.js';
import { PagesHost, SAFARI } from './pages-host.js';
import type { PersonAtBrowser } from './person-at-browser.js';

const MINUTE = 60_000;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PEOPLE = 'root:root-password:admin,ada:ada-password:user,adele:adele-password:user,bob:bob-password:user';

/** The reference application with an administrator, `root`, and people to look at. */
export async function openConsole(chrome: Browser, adapter: AdapterName, more: Record<string, string> = {}): Promise<PagesHost> {
  return PagesHost.open(chrome, adapter, { SEED_USERS: PEOPLE, LOGIN_LIMITER: 'off', MAX_SESSIONS: '3', ...more });
}

/** An administrator at a view of the console. */
export async function operator(host: PagesHost, path = '/console'): Promise<PersonAtBrowser> {
  const person = await host.person({ userAgent: FIREFOX });
  await person.login('root');
  await person.page.goto(path);
  return person;
}

/** An hour in the life of an installation: logins right and wrong, refreshes, a stolen token, evictions. */
export async function busyHour(host: PagesHost): Promise<void> {
  for (let minute = 0; minute < 55; minute += 1) {
    const logins = [3, 1, 0, 2, 4, 0, 1][minute % 7] ?? 0;
    for (let i = 0; i < logins; i += 1) await host.elsewhere(['ada', 'adele', 'bob'][i % 3]);
    if (minute % 5 === 0) {
      const body = { json: { username: 'bob', password: 'a guess' } };
      await send(host.url, 'POST', '/auth/login', { headers: { 'User-Agent': SAFARI }, body });
    }
    if (minute % 4 === 0) {
      const app = new ApiClient(host.url);
      await app.login('adele', 'adele-password');
      for (let i = 0; i < minute % 3; i += 1) await app.refresh();
    }
    if (minute === 30) await reuse(host);
    await host.app.get(InstanceFigures).count();
    host.clock.advance(MINUTE);
  }
}

/** A refresh token that was replaced, and used, is presented again. */
export async function reuse(host: PagesHost): Promise<void> {
  const app = new ApiClient(host.url);
  await app.login('ada', 'ada-password');
  const stolen = app.refreshToken;
  await app.refresh();
  await app.refresh();
  host.clock.advance(MINUTE);
  await app.refresh(stolen);
}
