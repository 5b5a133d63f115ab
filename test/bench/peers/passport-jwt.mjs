import { randomUUID } from 'node:crypto';
import { createParamDecorator } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import jwt from 'jsonwebtoken';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { nestModule } from '../servers/nest-module.mjs';
import { meController } from '../servers/route.mjs';
import { USER } from '../user.mjs';

const SECRET = 'a secret with minimum length of 32 characters';

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), ignoreExpiration: false, secretOrKey: SECRET });
  }

  validate({ sub, username, roles }) {
    return { id: sub, username, roles };
  }
}

/** passport-jwt as the documentation of Nest sets it up: HS256, and no way to end a token before its time. */
export async function open() {
  const user = createParamDecorator((_, context) => context.switchToHttp().getRequest().user);
  const me = meController({ guards: [AuthGuard('jwt')], user: user(), answer: (found) => found });
  const { id: subject, ...claims } = USER;
  return {
    module: nestModule({ imports: [PassportModule], controllers: [me], providers: [JwtStrategy] }),
    logIn() {
      const token = jwt.sign(claims, SECRET, { subject, jwtid: randomUUID(), expiresIn: '1h' });
      return { Authorization: `Bearer ${token}` };
    },
  };
}
