import { createParamDecorator } from '@nestjs/common';
import { USER } from '../user.mjs';
import { nestModule } from './nest-module.mjs';
import { meController } from './route.mjs';

/** What Nest, and the client's header, cost where a guard checks nothing but whether a cookie is there, and the handler asks who it is. */
export async function open() {
  const guard = {
    canActivate(context) {
      const request = context.switchToHttp().getRequest();
      request.user = USER;
      return request.headers.cookie !== undefined;
    },
  };
  const user = createParamDecorator((_, context) => context.switchToHttp().getRequest().user);
  return {
    module: nestModule({
      controllers: [
        meController({ guards: [guard], user: user(), answer: ({ id, username, roles }) => ({ id, username, roles }) }),
      ],
    }),
    logIn: async () => ({ Cookie: `__Host-sid=nhs_c_0000.${'A'.repeat(22)}.1.${'A'.repeat(43)}` }),
  };
}
