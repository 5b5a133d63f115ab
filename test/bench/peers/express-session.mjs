import { createParamDecorator, UnauthorizedException } from '@nestjs/common';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { nestModule } from '../servers/nest-module.mjs';
import { loginController, meController } from '../servers/route.mjs';
import { connectRedis } from '../servers/connect-redis.mjs';
import { USER } from '../user.mjs';
import { cookieOf } from './cookie-of.mjs';

/** express-session with connect-redis, as the README of connect-redis sets it up. */
export async function open({ redisUrl }) {
  const store = new RedisStore({ client: await connectRedis(redisUrl), prefix: 'bench-express:' });
  return {
    ...withSession(),
    prepare: (app) => void app.use(session({ store, resave: false, saveUninitialized: false, secret: 'keyboard cat' })),
  };
}

/** What Nest needs for a session of this kind: a way in, and a guard. */
export function withSession() {
  const request = createParamDecorator((_, context) => context.switchToHttp().getRequest());
  const guard = {
    canActivate(context) {
      if (!context.switchToHttp().getRequest().session?.user) throw new UnauthorizedException();
      return true;
    },
  };
  const me = meController({ guards: [guard], user: request(), answer: (found) => found.session.user });
  const login = loginController({ request: request(), logIn: (found) => void (found.session.user = USER) });
  return { module: nestModule({ controllers: [me, login] }), logIn: ({ url }) => cookieOf(url) };
}
