import { expect } from '@jest/globals';
import type { Person } from './crash-site.js';

/** Refreshes at the instance of that address. What it answers, if it does, the app keeps. */
export async function refresh({ app }: Person, url: string): Promise<unknown> {
  const there = app.at(url);
  try {
    return await there.refresh();
  } finally {
    [app.accessToken, app.refreshToken] = [there.accessToken, there.refreshToken];
  }
}

/** Who was refreshing goes on with what is at hand, and has one successor: the one before it is as dead as ever. */
export async function expectGoesOn({ app }: Person): Promise<void> {
  const before = app.refreshToken;
  expect((await app.refresh()).status).toBe(200);
  expect((await app.send('GET', '/auth/sessions')).status).toBe(200);
  const parallel = app.at(app.url);
  expect((await app.refresh()).status).toBe(200);
  expect((await parallel.refresh()).status).toBe(200);
  expect(parallel.refreshToken).toBe(app.refreshToken);
  expect((await app.send('GET', '/auth/sessions')).status).toBe(200);
  const thief = app.at(app.url);
  expect((await thief.refresh(before)).status).toBe(400); // a token of before is reused: that ends the session
  expect((await app.send('GET', '/auth/sessions')).status).toBe(401);
}
