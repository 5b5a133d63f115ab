import { SetMetadata } from '@nestjs/common';
import type { Role } from '../../core/session-types.js';

/** @internal */
export const REQUIRED_ROLES = Symbol.for('nestjs-hybrid-session:required-roles');

/**
 * The route needs a user who has one of these roles now: rights that were taken are gone at the next request (ASVS 8.3.2). Works
 * together with a session guard. On a method it stands in the place of what its class asks for.
 * @throws TypeError at start, for no role
 */
export const RequireRoles = (...roles: readonly Role[]): MethodDecorator & ClassDecorator => {
  if (roles.length === 0 || roles.some((role) => role === '')) throw new TypeError('RequireRoles: name the roles that may.');
  return SetMetadata(REQUIRED_ROLES, roles);
};
