import type { User } from '../users/user.entity.js';

/** A user as administrators see them. Times are ISO 8601. */
export interface UserAnswer {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly createdAt: string;
  readonly disabledAt: string | null;
}

/** Turns a user into an answer, member by member: what is added to the entity does not leave the server by itself. */
export function userAnswer(user: User): UserAnswer {
  const { id, username, displayName, email, roles, createdAt, disabledAt } = user;
  return {
    id,
    username,
    displayName,
    email,
    roles,
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
  };
}
