import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionRecord } from 'nestjs-hybrid-session';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { EditedStore } from './support/edited-store.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { RECORD_EDITS } from './support/record-edits.js';
import { PROPERTY_MATRIX, openStore, type OpenStore } from './support/stores.js';

const PASSWORDS = { ada: 'correct horse', eve: 'battery staple' };

describe.each(PROPERTY_MATRIX)('P6 the store is not a secret, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  const editor = new EditedStore();

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: editor.over(opened.store), options: { limit: 'unlimited' } });
    host.accounts.add('ada', PASSWORDS.ada, ['admin']);
    host.accounts.add('eve', PASSWORDS.eve);
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signIn = async (name: keyof typeof PASSWORDS) => {
    const [browser, api] = [new Browser(host.url), new ApiClient(host.url)];
    await browser.login(name, PASSWORDS[name]);
    await api.login(name, PASSWORDS[name]);
    const ids = { browser: textOf(await browser.send('GET', '/me'), 'sid'), api: textOf(await api.send('GET', '/me'), 'sid') };
    return { browser, api, ids };
  };
  const stored = async (id: string): Promise<SessionRecord> => {
    const [record] = await opened.store.find([id]);
    if (!record) throw new Error('The session is not in the store.');
    return record;
  };
  /** What the audit trail was told of refused credentials while somebody acted. */
  const toldOf = async (act: () => Promise<unknown>) => {
    const before = host.events.length;
    await act();
    return host.events.slice(before).map((event) => ({
      type: event.type,
      ...(event.type === 'session.refused' ? { cause: event.cause, sessionId: event.sessionId } : {}),
    }));
  };

  it.each(RECORD_EDITS)(
    'a record whose %s somebody changed is refused by cookie, token and refresh, each told, nothing ended',
    async (_, edit, cause) => {
      const { browser, api, ids } = await signIn('ada');
      const told = await toldOf(() =>
        editor.during(edit, async () => {
          expect((await browser.send('GET', '/me')).status).toBe(401);
          expect((await api.send('GET', '/me')).status).toBe(401);
          expect((await api.refresh()).status).toBe(400);
        }),
      );
      const refused = { type: 'session.refused', sessionId: ids.api };
      expect(told).toEqual([
        { ...refused, sessionId: ids.browser, cause: cause.cookie },
        { ...refused, cause: cause.token },
        { ...refused, cause: cause.cookie },
      ]);
      expect((await browser.send('GET', '/me')).status).toBe(200);
      expect((await api.refresh()).status).toBe(200);
    },
  );

  it.each(['ada', 'eve'] as const)('blobs exchanged between a session of ada and one of %s open neither', async (name) => {
    const mine = await signIn('ada');
    const theirs = await signIn(name);
    const [one, other] = [await stored(mine.ids.browser), await stored(theirs.ids.browser)];
    const seals = new Map([
      [one.id, other.sealed],
      [other.id, one.sealed],
    ]);
    const exchanged = (record: SessionRecord) => ({ ...record, sealed: seals.get(record.id) ?? record.sealed });
    const told = await toldOf(() =>
      editor.during(exchanged, async () => {
        for (const { browser } of [mine, theirs]) expect((await browser.send('GET', '/me')).status).toBe(401);
      }),
    );
    const refused = { type: 'session.refused', cause: 'tampered' };
    expect(told).toEqual([
      { ...refused, sessionId: one.id },
      { ...refused, sessionId: other.id },
    ]);
    for (const { browser } of [mine, theirs]) expect((await browser.send('GET', '/me')).status).toBe(200);
  });

  it('whole clear parts exchanged, ids kept, open neither', async () => {
    const [mine, theirs] = [await signIn('ada'), await signIn('ada')];
    const [one, other] = [await stored(mine.ids.browser), await stored(theirs.ids.browser)];
    const told = await toldOf(() =>
      editor.during(
        (record) =>
          record.id === one.id ? { ...other, id: one.id } : record.id === other.id ? { ...one, id: other.id } : record,
        async () => {
          for (const { browser } of [mine, theirs]) expect((await browser.send('GET', '/me')).status).toBe(401);
        },
      ),
    );
    // The secret comes of the salt, which went along: the cookie falls before the seal is looked at.
    const refused = { type: 'session.refused', cause: 'forged' };
    expect(told).toEqual([
      { ...refused, sessionId: one.id },
      { ...refused, sessionId: other.id },
    ]);
    for (const { browser } of [mine, theirs]) expect((await browser.send('GET', '/me')).status).toBe(200);
  });

  it('the record of a living session, found under the id of an ended one, revives no access token of that', async () => {
    const [dead, alive] = [await signIn('ada'), await signIn('ada')];
    const record = await stored(alive.ids.api);
    expect((await dead.api.send('POST', '/auth/logout')).status).toBe(204);
    const told = await toldOf(() =>
      editor.putting(dead.ids.api, record, async () => {
        expect((await dead.api.send('GET', '/me')).status).toBe(401);
      }),
    );
    expect(told).toEqual([{ type: 'session.refused', cause: 'tampered', sessionId: dead.ids.api }]);
    expect((await alive.api.send('GET', '/me')).status).toBe(200);
  });

  it('what an ended session left behind, put in the place of a living one, revives nothing', async () => {
    const [dead, alive] = [await signIn('ada'), await signIn('ada')];
    const left = await stored(dead.ids.browser);
    const before = dead.browser.at(host.url); // the logout takes the cookie away
    expect((await dead.browser.send('POST', '/auth/logout')).status).toBe(204);
    const fakes: readonly ((record: SessionRecord) => SessionRecord)[] = [
      () => left,
      (record) => ({ ...left, id: record.id }),
      (record) => ({ ...record, sealed: left.sealed }),
      (record) => ({ ...record, salt: left.salt, sealed: left.sealed }),
    ];
    for (const fake of fakes) {
      const told = await toldOf(() =>
        editor.during(fake, async () => {
          expect((await before.send('GET', '/me')).status).toBe(401);
          expect((await alive.browser.send('GET', '/me')).status).toBe(401);
        }),
      );
      expect(told.map(({ type }) => type)).toEqual(['session.refused', 'session.refused']);
    }
    expect((await alive.browser.send('GET', '/me')).status).toBe(200);
  });

  it("another user's record put in the place of one's own opens nothing", async () => {
    const mine = await signIn('eve');
    const theirs = await signIn('ada');
    const victim = await stored(theirs.ids.browser);
    for (const fake of [victim, { ...victim, id: mine.ids.browser }]) {
      await editor.during(
        () => fake,
        async () => expect((await mine.browser.send('GET', '/me')).status).toBe(401),
      );
    }
  });

  it('a session id is a handle, not a secret: alone it opens and ends nothing', async () => {
    const { api, ids } = await signIn('ada');
    const sid = ids.api;
    const browser = new Browser(host.url);
    for (const cookie of [sid, `nhs_c_${sid}.0.${'A'.repeat(43)}`]) {
      browser.cookie = cookie;
      expect((await browser.send('GET', '/me')).status).toBe(401);
    }
    expect((await new ApiClient(host.url).refresh(`nhs_r_${sid}.0.${'A'.repeat(43)}`)).status).toBe(400);
    const stranger = await signIn('eve');
    expect((await stranger.api.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(404);
    expect((await api.send('GET', '/me')).status).toBe(200);
  });
});
