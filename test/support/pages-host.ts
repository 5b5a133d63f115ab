import type { Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { SessionService, type SessionOptions } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import type { Browser } from 'playwright-core';
import { loadConfig } from '../../src/config/load-config.js';
import { createApp } from '../../src/create-app.js';
import { send } from './clients.js';
import { freePort } from './free-port.mjs';
import type { AdapterName } from './host-app.js';
import { KeptLog } from './kept-log.js';
import { PersonAtBrowser } from './person-at-browser.js';

export const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/604.1';

/** The reference application in this process, at an address that browsers give Secure cookies to, with a clock that the test holds. */
export class PagesHost {
  private readonly people: PersonAtBrowser[] = [];

  private constructor(
    private readonly chrome: Browser,
    readonly url: string,
    private readonly folder: string,
    readonly app: INestApplication<Server>,
    readonly clock: FakeClock,
  ) {}

  /** Starts it. `more` are variables of its environment, `options` what no variable says. */
  static async open(
    chrome: Browser,
    adapter: AdapterName,
    more: Record<string, string> = {},
    options: Partial<SessionOptions> = {},
  ): Promise<PagesHost> {
    const [folder, port, clock] = [await mkdtemp(join(tmpdir(), 'nhs-pages-')), await freePort(), new FakeClock()];
    const url = `http://localhost:${port}`;
    const environment = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: url,
      DATABASE_URL: 'file:app.db',
      SESSION_STORE: 'memory',
      SEED_USERS: 'ada:ada-password:user,bob:bob-password:user,carol:carol-password:user',
      ...more,
    };
    const { sessions, ...config } = loadConfig(environment, folder);
    const app = await createApp({ ...config, sessions: { ...sessions, ...options, clock } }, new KeptLog());
    await app.listen(port, '127.0.0.1');
    return new PagesHost(chrome, url, folder, app, clock);
  }

  /** Somebody with a browser of their own. */
  async person(more: Parameters<Browser['newContext']>[0] = {}): Promise<PersonAtBrowser> {
    const person = await PersonAtBrowser.sitDown(this.chrome, { baseURL: this.url, ...more });
    this.people.push(person);
    return person;
  }

  /** Logs in on a device that nobody looks at. */
  async elsewhere(username = 'ada', password = `${username}-password`): Promise<void> {
    const headers = { 'User-Agent': SAFARI };
    const { status } = await send(this.url, 'POST', '/auth/login', { headers, body: { json: { username, password } } });
    if (status !== 200) throw new Error(`The login elsewhere was answered with ${status}.`);
  }

  /**
   * Ends what a test has left: sessions and browsers. Throws when one of these has complained: of an error in a script, or of what the
   * content security policy has stopped.
   */
  async tidyUp(): Promise<void> {
    await this.app.get(SessionService).revokeEveryone();
    const people = this.people.splice(0);
    for (const { context } of people) await context.close();
    const complaints = people.flatMap((person) => person.complaints);
    if (complaints.length > 0) throw new Error(`The browser complained:\n${complaints.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
  }
}
