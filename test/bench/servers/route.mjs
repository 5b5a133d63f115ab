import 'reflect-metadata';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';

/**
 * The controller of a case: `GET /me`, behind the guards, answers who is logged in. Plain JavaScript has no decorators, so they are
 * called. `user` is the parameter decorator that finds the user; without one everybody is answered the same.
 * @param {{ guards?: readonly (Function | object)[], user?: ParameterDecorator, answer: (user: unknown) => object }} route
 */
export function meController({ guards = [], user, answer }) {
  class MeController {
    me(found) {
      return answer(found);
    }
  }
  decorate(MeController, 'me', Get('me'), ...(guards.length > 0 ? [UseGuards(...guards)] : []));
  user?.(MeController.prototype, 'me', 0);
  Controller()(MeController);
  return MeController;
}

/**
 * `POST /login`, for what has no way to log in of its own.
 * @param {{ request: ParameterDecorator, logIn: (request: any) => void }} route
 */
export function loginController({ request, logIn }) {
  class LoginController {
    login(found) {
      logIn(found);
      return {};
    }
  }
  decorate(LoginController, 'login', Post('login'));
  request(LoginController.prototype, 'login', 0);
  Controller()(LoginController);
  return LoginController;
}

function decorate({ prototype }, name, ...decorators) {
  for (const decorator of decorators) decorator(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
}
