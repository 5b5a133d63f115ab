const USERNAME = /^[^\s\p{C}:,]{1,64}$/u;
const ROLE = /^[a-z][a-z0-9_-]{0,31}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The one spelling of a user name, so that `Alice` and `alice` are the same person. `undefined`: no user can have this name.
 */
export function normaliseUsername(name: string): string | undefined {
  if (!name.isWellFormed()) return undefined;
  const spelling = name.normalize('NFKC').toLowerCase();
  return USERNAME.test(spelling) ? spelling : undefined;
}

/** Whether a user can have this name. */
export function isUsername(name: string): boolean {
  return normaliseUsername(name) !== undefined;
}

/** Whether a text can be a role. */
export function isRole(text: string): boolean {
  return ROLE.test(text);
}

/** Whether a text is spelled as the id of a user is. */
export function isUserId(text: string): boolean {
  return UUID.test(text);
}
