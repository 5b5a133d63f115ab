import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { sessionOf, type HttpRequest } from 'nestjs-hybrid-session';

/** `@Roles('admin')`: the role that a route, or a whole controller, asks for. */
export const Roles = Reflector.createDecorator<string>();

/** Lets pass who has the role that {@link Roles} names. Stands behind a session guard, which finds out who it is. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const wanted = this.reflector.getAllAndOverride(Roles, [context.getHandler(), context.getClass()]);
    const held = sessionOf(context.switchToHttp().getRequest<HttpRequest>())?.principal.roles ?? [];
    if (wanted === undefined || !held.includes(wanted)) {
      throw new ForbiddenException('Your account may not do this.', { errorCode: 'forbidden' });
    }
    return true;
  }
}
