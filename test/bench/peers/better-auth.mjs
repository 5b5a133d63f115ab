import { AuthModule, Session } from '@thallesp/nestjs-better-auth';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { nestModule } from '../servers/nest-module.mjs';
import { meController } from '../servers/route.mjs';
import { connectRedis } from '../servers/connect-redis.mjs';
import { USER } from '../user.mjs';

const PASSWORD = 'a password of the bench';

/**
 * Better Auth by the module that its documentation names for Nest. Sessions lie in Redis as secondary storage, and without a cache in
 * the cookie each request asks it. Users lie in memory, and passwords are not hashed: neither is asked in what is measured.
 */
export async function open({ redisUrl }) {
  const redis = await connectRedis(redisUrl);
  const key = (name) => `bench-better-auth:${name}`;
  const auth = betterAuth({
    baseURL: 'https://bench.example',
    secret: 'a secret with minimum length of 32 characters',
    database: memoryAdapter({ user: [], account: [], session: [], verification: [] }),
    secondaryStorage: {
      get: (name) => redis.get(key(name)),
      set: (name, value, ttl) => redis.set(key(name), value, ttl ? { expiration: { type: 'EX', value: ttl } } : {}),
      delete: (name) => redis.del(key(name)).then(() => undefined),
    },
    session: { cookieCache: { enabled: false } },
    user: {
      additionalFields: { username: { type: 'string', required: true }, roles: { type: 'string[]', required: true } },
    },
    emailAndPassword: {
      enabled: true,
      password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: { database: { generateId: ({ model }) => (model === 'user' ? USER.id : crypto.randomUUID()) } },
    logger: { disabled: true },
  });
  const { username, roles } = USER;
  await auth.api.signUpEmail({ body: { name: 'Ada', email: username, password: PASSWORD, username, roles } });
  const me = meController({
    user: Session(),
    answer: ({ user }) => ({ id: user.id, username: user.username, roles: user.roles }),
  });
  return {
    module: nestModule({ imports: [AuthModule.forRoot({ auth })], controllers: [me] }),
    nest: { bodyParser: false }, // the module brings its own
    async logIn() {
      const { headers } = await auth.api.signInEmail({ body: { email: username, password: PASSWORD }, returnHeaders: true });
      return { Cookie: headers.getSetCookie()[0].split(';', 1)[0] };
    },
  };
}
