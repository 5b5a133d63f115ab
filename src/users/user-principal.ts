import type { Principal } from 'nestjs-hybrid-session';
import type { User } from './user.entity.js';

/** Who a user is to the session library, and with which rights. */
export function principalOf({ username, roles, rolesVersion }: Pick<User, 'username' | 'roles' | 'rolesVersion'>): Principal {
  return { username, roles, version: rolesVersion };
}
