import { expect } from '@jest/globals';
import { until } from '../support/app-process.js';
import { ApiClient, Browser } from '../support/clients.js';
import type { CrashSite, Person } from './crash-site.js';

const CHANGE = { json: { currentPassword: 'old password', newPassword: 'new password' } };

/** Changes the password at the instance of that address. */
export async function changePassword({ here }: Person, url: string): Promise<unknown> {
  return here.at(url).send('POST', '/auth/password', CHANGE);
}

/** Whether the new password has been committed: the one truth, read where it lies. */
export async function isChanged(site: CrashSite, { id }: Person): Promise<boolean> {
  const changed = "SELECT id FROM people WHERE id = $1 AND password = 'new password'";
  return (await site.database.query<unknown[]>(changed, [id])).length > 0;
}

/** What every credential of before the change is answered, that of the password first. */
async function oldCredentials({ id, here, there, app }: Person): Promise<readonly number[]> {
  const statuses = [
    (await new Browser(here.url).login(id, 'old password')).status,
    (await here.send('GET', '/auth/session')).status,
    (await there.send('GET', '/auth/session')).status,
    (await app.send('GET', '/auth/sessions')).status,
  ];
  return [...statuses, (await app.refresh()).status];
}

/** Everything of before the change works, and the new password does not: nothing has happened. */
export async function expectUnchanged(person: Person): Promise<void> {
  expect((await new ApiClient(person.here.url).login(person.id, 'new password')).status).toBe(401);
  expect(await oldCredentials(person)).toEqual([200, 200, 200, 200, 200]);
}

/**
 * Nothing of before the change works any more, as soon as what the dead instance committed has been carried out; and who logs in
 * with the new password is in, for good.
 * @returns milliseconds until then
 */
export async function expectChanged(person: Person): Promise<number> {
  const since = performance.now();
  const sessions = async () => [
    (await person.here.send('GET', '/auth/session')).status,
    (await person.there.send('GET', '/auth/session')).status,
    (await person.app.send('GET', '/auth/sessions')).status,
  ];
  await until('the sessions of the old password are over', async () => (await sessions()).every((status) => status === 401));
  const lag = performance.now() - since;
  expect(await oldCredentials(person)).toEqual([401, 401, 401, 401, 400]);
  const anew = new Browser(person.here.url);
  expect((await anew.login(person.id, 'new password')).status).toBe(200);
  expect((await anew.send('GET', '/auth/session')).status).toBe(200);
  return lag;
}
