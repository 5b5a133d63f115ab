import { createClient } from 'redis';
import type { FormerEndings } from '../core/ports/former-sessions.js';
import { EndedNotes } from '../stores/redis/express-session/ended-notes.js';
import { RedisLink } from '../stores/redis/redis-link.js';

/** Milliseconds that a connection, and a call, may take. */
const DEADLINE = 5_000;

/** Where an application that exchanges sessions of express-session looks whether they have ended. Connects for each call. */
export function openFormerEndings(url: string): FormerEndings {
  const ask = async <T>(question: (notes: EndedNotes) => Promise<T>): Promise<T> => {
    const redis = createClient({ url, socket: { connectTimeout: DEADLINE, reconnectStrategy: false } });
    redis.on('error', () => undefined); // the call that it fails says so
    await redis.connect();
    try {
      return await question(new EndedNotes(new RedisLink(redis, DEADLINE)));
    } finally {
      if (redis.isOpen) redis.destroy();
    }
  };
  return {
    endAllOf: (userId) => ask((notes) => notes.endAllOf(userId)),
    hasEnded: (userId) => ask((notes) => notes.hasEnded(userId)),
  };
}
