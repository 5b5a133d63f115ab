import { randomBytes } from 'node:crypto';
import { newUserId, usernameOf } from './application.mjs';

const MINUTES_30 = 1_800_000;

/**
 * Fills a Redis as express-session with connect-redis does, by shape: a key per session with a time to live, and in it the cookie
 * and what we seal of a session: who, which roles, which of the devices. All of that is readable, and nothing finds a user's sessions.
 */
export async function bytesOfConnectRedis(engine, devices, size) {
  const place = await engine.open();
  for (let made = 0; made < size; made += 100) {
    const some = Array.from({ length: Math.min(100, size - made) }, (_, at) => devices[(made + at) % devices.length]);
    await Promise.all(some.map((device) => save(place.client, device)));
  }
  const bytes = await place.bytes();
  await place.close();
  return bytes['all of Redis'];
}

async function save(client, device) {
  const userId = newUserId();
  const now = Date.now();
  const session = {
    cookie: {
      originalMaxAge: MINUTES_30,
      expires: new Date(now + MINUTES_30),
      secure: true,
      httpOnly: true,
      path: '/',
      sameSite: 'lax',
    },
    user: { id: userId, username: usernameOf(userId), roles: ['user'] },
    device,
    createdAt: now,
  };
  const id = randomBytes(24).toString('base64url');
  await client.set(`sess:${id}`, JSON.stringify(session), { expiration: { type: 'EX', value: MINUTES_30 / 1_000 } });
}
