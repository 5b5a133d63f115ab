import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createParamDecorator, UnauthorizedException } from '@nestjs/common';
import { jwtVerify, SignJWT } from 'jose';
import { USER } from '../user.mjs';
import { nestModule } from './nest-module.mjs';
import { meController } from './route.mjs';
import { connectRedis } from './connect-redis.mjs';

const RULES = { issuer: 'https://bench.example', audience: 'https://bench.example', algorithms: ['EdDSA', 'Ed25519'] };

/** What is written by hand where a token must be revocable: a guard that verifies it, and asks Redis for its id in a list of those denied. */
export async function open({ redisUrl }) {
  const redis = await connectRedis(redisUrl);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const guard = {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) throw new UnauthorizedException();
      const { payload } = await jwtVerify(token, publicKey, RULES).catch(() => {
        throw new UnauthorizedException();
      });
      if ((await redis.exists(`denied:${payload.jti}`)) !== 0) throw new UnauthorizedException();
      request.user = { id: payload.sub, username: payload.username, roles: payload.roles };
      return true;
    },
  };
  const user = createParamDecorator((_, context) => context.switchToHttp().getRequest().user);
  const { id, ...claims } = USER;
  return {
    module: nestModule({ controllers: [meController({ guards: [guard], user: user(), answer: (found) => found })] }),
    async logIn() {
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA' })
        .setSubject(id)
        .setJti(randomUUID())
        .setIssuer(RULES.issuer)
        .setAudience(RULES.audience)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey);
      return { Authorization: `Bearer ${token}` };
    },
  };
}
