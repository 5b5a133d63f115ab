import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { OAuthController, SessionModule, SessionService, TokenService } from 'nestjs-hybrid-session';

const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
];

/** Milliseconds: how long ten thousand sessions take is what is measured here, not what is given up on. */
export const PATIENCE = 30_000;

/**
 * The library as an application sets it up: what it stores is what production stores. It listens where it is told to, and then
 * refreshes over HTTP.
 */
export async function openApplication(store, { limit = 'unlimited' } = {}) {
  const signingKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const module = SessionModule.forRoot({
    publicUrl: 'http://localhost',
    keys: [randomBytes(32).toString('base64url')],
    signingKeys: [{ ...signingKey, kid: 'k1' }],
    store,
    limit,
    storeLimits: { deadline: PATIENCE },
    controllers: [OAuthController],
  });
  const app = await NestFactory.create(module, new FastifyAdapter(), { logger: ['error'], abortOnError: false });
  await app.init();
  const sessions = app.get(SessionService);
  let logins = 0;
  return {
    sessions,
    tokens: app.get(TokenService),
    /** Opens a session of somebody. */
    async login(userId, channel) {
      logins += 1;
      const client = { address: `192.0.2.${logins % 256}`, userAgent: USER_AGENTS[logins % USER_AGENTS.length] };
      const { session, credentials } = await sessions.open({
        userId,
        principal: { username: usernameOf(userId), roles: ['user'] },
        fence: await sessions.fence(userId),
        channel,
        client,
      });
      return { id: session.id, userId, client, session, credentials };
    },
    /** Answers where. */
    async listen() {
      await app.listen(0, '127.0.0.1');
      return app.getUrl();
    },
    close: () => app.close(),
  };
}

/** User ids are UUIDs here, as in most applications. */
export const newUserId = () => randomUUID();

/** What a person is called; as long as most names are. */
export const usernameOf = (userId) => `${userId.slice(0, 8)}@example.com`;
