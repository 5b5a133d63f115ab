import { SetMetadata } from '@nestjs/common';

/** @internal */
export const REQUIRED_ROLES = Symbol.for('nestjs-hybrid-session:required-roles');

/**
 * The route needs a user who has one of these roles now: rights that were taken are gone at the next request (ASVS 8.3.2). Works
 * together with a session guard. On a method it stands in the place of what its class asks for.
 * @throws TypeError at start, for no role
 */
export const RequireRoles = (...roles: readonly string[]): MethodDecorator & ClassDecorator => {
  if (roles.length === 0 || roles.includes('')) throw new TypeError('RequireRoles: name the roles that may.');
  return SetMetadata(REQUIRED_ROLES, roles);
};
