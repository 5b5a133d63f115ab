import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionRecord, SessionStore } from 'nestjs-hybrid-session';
import { ApiClient, Browser, textOf } from './support/clients.js';
import { startHostApp, type HostApp } from './support/host-app.js';
import { MATRIX, openStore, type OpenStore } from './support/stores.js';

/** Whoever writes the store: changes what `find` hands out, as an edited record would. */
class EditedStore {
  edit: ((record: SessionRecord) => SessionRecord) | undefined;

  over(store: SessionStore): SessionStore {
    const find = store.find.bind(store);
    store.find = async (ids) => (await find(ids)).map((record) => (record && this.edit ? this.edit(record) : record));
    return store;
  }
}

describe.each(MATRIX)('P6 the store is not a secret, on $adapter with $storeName', ({ adapter, storeName }) => {
  let opened: OpenStore;
  let host: HostApp;
  let eve: string;
  const editor = new EditedStore();

  beforeAll(async () => {
    opened = await openStore(storeName);
    host = await startHostApp({ adapter, store: editor.over(opened.store), options: { limit: 'unlimited' } });
    host.accounts.add('ada', 'correct horse', ['admin']);
    eve = host.accounts.add('eve', 'battery staple');
  });
  afterAll(async () => {
    await host.close();
    await opened.close();
  });

  const signIn = async (name: string, password: string) => {
    const [browser, api] = [new Browser(host.url), new ApiClient(host.url)];
    expect((await browser.login(name, password)).status).toBe(200);
    expect((await api.login(name, password)).status).toBe(200);
    return { browser, api };
  };
  const withEdit = async <T>(edit: (record: SessionRecord) => SessionRecord, work: () => Promise<T>): Promise<T> => {
    editor.edit = edit;
    try {
      return await work();
    } finally {
      editor.edit = undefined;
    }
  };

  const later = 9_999_999_999_999;
  const edits: readonly (readonly [string, (record: SessionRecord) => SessionRecord])[] = [
    ['userId', (record) => ({ ...record, userId: eve })],
    ['expiresAt', (record) => ({ ...record, expiresAt: later })],
    ['idleTimeout', (record) => ({ ...record, idleTimeout: later })],
    ['authenticatedAt', (record) => ({ ...record, authenticatedAt: record.authenticatedAt + 1 })],
    ['createdAt', (record) => ({ ...record, createdAt: record.createdAt + 1 })],
    ['amr', (record) => ({ ...record, amr: 'pwd otp' })],
    ['acr', (record) => ({ ...record, acr: 'aal3' })],
    ['scope', (record) => ({ ...record, scope: 'everything' })],
    ['clientId', (record) => ({ ...record, clientId: 'other' })],
    ['remembered', (record) => ({ ...record, remembered: !record.remembered })],
    ['minGeneration', (record) => ({ ...record, minGeneration: record.minGeneration - 1 })],
    ['version', (record) => ({ ...record, version: record.version + 1 })],
    ['salt', (record) => ({ ...record, salt: record.salt.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) })],
    ['sealed', (record) => ({ ...record, sealed: record.sealed.replace(/..$/, 'AA') })],
  ];

  it.each(edits)(
    'a record with its %s rewritten by hand opens nothing, neither by cookie nor by token nor by refresh',
    async (_name, edit) => {
      const { browser, api } = await signIn('ada', 'correct horse');
      await withEdit(edit, async () => {
        expect((await browser.send('GET', '/me')).status).toBe(401);
        expect((await api.send('GET', '/me')).status).toBe(401);
        expect((await api.refresh()).status).toBe(400);
      });
      expect((await browser.send('GET', '/me')).status).toBe(200);
      expect((await api.send('GET', '/me')).status).toBe(200);
    },
  );

  it("another user's record put in the place of one's own opens nothing", async () => {
    const mine = await signIn('eve', 'battery staple');
    const theirs = await signIn('ada', 'correct horse');
    const sid = textOf(await theirs.browser.send('GET', '/me'), 'sid');
    const [victim] = await opened.store.find([sid]);
    if (!victim) throw new Error('the victim is signed in');
    for (const fake of [victim, { ...victim, id: textOf(await mine.browser.send('GET', '/me'), 'sid') }]) {
      await withEdit(
        () => fake,
        async () => expect((await mine.browser.send('GET', '/me')).status).toBe(401),
      );
    }
  });

  it('a session id is a handle, not a secret: alone it opens and ends nothing', async () => {
    const { api } = await signIn('ada', 'correct horse');
    const sid = textOf(await api.send('GET', '/me'), 'sid');
    const browser = new Browser(host.url);
    for (const cookie of [sid, `nhs_c_${sid}.0.${'A'.repeat(43)}`]) {
      browser.cookie = cookie;
      expect((await browser.send('GET', '/me')).status).toBe(401);
    }
    expect((await new ApiClient(host.url).refresh(`nhs_r_${sid}.0.${'A'.repeat(43)}`)).status).toBe(400);
    const stranger = await signIn('eve', 'battery staple');
    expect((await stranger.api.send('DELETE', `/auth/sessions/${sid}`)).status).toBe(404);
    expect((await api.send('GET', '/me')).status).toBe(200);
  });
});
