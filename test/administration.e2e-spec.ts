import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplication, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { minutes } from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { AdminModule } from '../src/admin/admin.module.js';
import { loadConfig } from '../src/config/load-config.js';
import { createApp } from '../src/create-app.js';
import { Browser, textOf } from './support/clients.js';
import { ADAPTERS } from './support/host-app.js';
import { KeptLog } from './support/kept-log.js';

const PASSWORDS = { admin: 'admin-password', ada: 'ada-password' };

/** Every route of the administration that changes something. */
const CHANGES = changingRoutes();

describe.each(ADAPTERS)('administration, on %s', (adapter) => {
  let folder: string;
  let app: INestApplication<Server>;
  let url: string;
  const clock = new FakeClock();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nhs-admin-'));
    const environment = {
      HTTP_ADAPTER: adapter,
      PUBLIC_URL: 'http://localhost',
      DATABASE_URL: 'file:app.db',
      SEED_USERS: `admin:${PASSWORDS.admin}:admin,ada:${PASSWORDS.ada}:user`,
      LOGIN_LIMITER: 'off',
    };
    const config = loadConfig(environment, folder);
    app = await createApp(Object.assign(config, { sessions: { ...config.sessions, clock } }), new KeptLog());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  const as = async (name: keyof typeof PASSWORDS) => {
    const browser = new Browser(url);
    expect((await browser.login(name, PASSWORDS[name])).status).toBe(200);
    return Object.assign(browser, { userId: textOf(await browser.send('GET', '/me'), 'sub') });
  };

  it('a stolen cookie of an administrator changes nothing: each route asks for a recent authentication', async () => {
    const [admin, ada] = [await as('admin'), await as('ada')];
    const sid = textOf(await ada.send('GET', '/me'), 'sid');
    const body = {
      json: { username: 'mallory', password: 'of a thief', newPassword: 'of a thief', roles: ['admin'] },
    };
    const before = (await admin.send('GET', '/admin/users')).text;
    clock.advance(minutes(11));
    expect(CHANGES.length).toBeGreaterThan(7);
    for (const { method, path } of CHANGES) {
      const target = path.replace(/sessions\/:id/, `sessions/${sid}`).replace(':id', ada.userId);
      const { status, body: told } = await admin.send(method, target, body);
      expect([method, path, status, told['code']]).toEqual([method, path, 401, 'insufficient_user_authentication']);
    }
    expect((await admin.send('GET', '/admin/users')).text).toBe(before);
    expect((await ada.send('GET', '/me')).status).toBe(200);

    await admin.send('POST', '/auth/reauthenticate', { json: { password: PASSWORDS.admin } });
    expect((await admin.send('POST', '/admin/users', body)).status).toBe(201);
    expect((await admin.send('DELETE', `/admin/sessions/${sid}`)).status).toBe(204);
  });

  it('nobody gives himself a password without the current one', async () => {
    const admin = await as('admin');
    const answer = await admin.send('POST', `/admin/users/${admin.userId}/password`, { json: { newPassword: 'of a thief' } });
    expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
    await as('admin');
  });

  it('nobody gives his own administration up: so one administrator is left', async () => {
    const admin = await as('admin');
    const own = `/admin/users/${admin.userId}`;
    const answers = [
      await admin.send('PUT', `${own}/roles`, { json: { roles: ['user'] } }),
      await admin.send('POST', `${own}/disable`, { json: {} }),
    ];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [403, 'forbidden'],
      [403, 'forbidden'],
    ]);
    const more = await admin.send('PUT', `${own}/roles`, { json: { roles: ['admin', 'support'] } });
    expect([more.status, (await admin.send('GET', '/admin/users')).status]).toEqual([200, 200]);
  });
});

function changingRoutes(): readonly { readonly method: string; readonly path: string }[] {
  const controllers: unknown = Reflect.getMetadata('controllers', AdminModule);
  if (!Array.isArray(controllers)) throw new TypeError('The administration has no controllers.');
  return controllers.flatMap((controller: { readonly prototype: object }) => {
    const base: unknown = Reflect.getMetadata(PATH_METADATA, controller);
    return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
      const handler: unknown = Reflect.get(controller.prototype, name);
      const method: unknown = typeof handler === 'function' ? Reflect.getMetadata(METHOD_METADATA, handler) : undefined;
      if (typeof handler !== 'function' || typeof method !== 'number' || RequestMethod[method] === 'GET') return [];
      const path: unknown = Reflect.getMetadata(PATH_METADATA, handler);
      return [
        {
          method: String(RequestMethod[method]),
          path: `/${String(base)}/${String(path)}`.replaceAll(/\/+/g, '/').replace(/\/$/, ''),
        },
      ];
    });
  });
}
