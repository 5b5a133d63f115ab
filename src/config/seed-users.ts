import { InvalidInputError } from 'nestjs-hybrid-session';
import { checkNewPassword } from '../users/password-rules.js';
import { isRole, isUsername } from '../users/user-names.js';
import type { EnvironmentReader } from './environment-reader.js';

/** A user that is to be there from the first start on. */
export interface SeedUser {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
}

/** Reads `SEED_USERS`: `name:password:role,…`. The role may be empty; the password may hold colons, but no comma. */
export function readSeedUsers(reader: EnvironmentReader): readonly SeedUser[] {
  return reader.list('SEED_USERS').flatMap((entry, index) => {
    const [, username = '', password = '', role = ''] = /^([^:]*):(.*):([^:]*)$/s.exec(entry) ?? [];
    const fault = faultOf(username, password, role);
    if (fault) {
      // The entry is counted, not shown: it holds a password.
      reader.fault('SEED_USERS', `entry ${index + 1}: ${fault}`);
      return [];
    }
    return [{ username, password, roles: role === '' ? [] : [role] }];
  });
}

function faultOf(username: string, password: string, role: string): string | undefined {
  if (!isUsername(username)) return 'write name:password:role, the name without blanks and 64 characters at most.';
  if (role !== '' && !isRole(role)) return 'a role is a lower-case word, such as admin.';
  try {
    checkNewPassword(password, 'password');
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}
