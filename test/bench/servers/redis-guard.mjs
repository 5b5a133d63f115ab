import { randomUUID } from 'node:crypto';
import { createParamDecorator } from '@nestjs/common';
import { USER } from '../user.mjs';
import { connectRedis } from './connect-redis.mjs';
import { nestModule } from './nest-module.mjs';
import { meController } from './route.mjs';

/** As long as a record of ours. */
const RECORD = 'x'.repeat(450);

/** What it costs to ask Redis at all: a guard that reads one value per request, and looks at nothing but whether there is one. */
export async function open({ redisUrl }) {
  const redis = await connectRedis(redisUrl);
  const guard = {
    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      request.user = USER;
      const { cookie } = request.headers;
      return cookie !== undefined && (await redis.get(cookie)) !== null;
    },
  };
  const user = createParamDecorator((_, context) => context.switchToHttp().getRequest().user);
  return {
    module: nestModule({
      controllers: [
        meController({ guards: [guard], user: user(), answer: ({ id, username, roles }) => ({ id, username, roles }) }),
      ],
    }),
    async logIn() {
      const cookie = `sid=${randomUUID()}`;
      await redis.set(cookie, RECORD);
      return { Cookie: cookie };
    },
  };
}
