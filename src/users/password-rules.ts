import { InvalidInputError } from 'nestjs-hybrid-session';

const MIN_LENGTH = 8;
const MAX_LENGTH = 256;

/**
 * The one form of a password that is ever hashed: the same characters may reach us in different encodings, depending on the
 * keyboard (NIST SP 800-63B-4 §3.1.1.2).
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * Checks a new password: a length (ASVS 6.2.1; NIST SP 800-63B-4 §3.1.1.2 wants 15 characters where nothing else is asked for), and no rules of
 * composition. Every code point counts as one character.
 * @throws InvalidInputError
 */
export function checkNewPassword(password: string, field: string): void {
  if (!password.isWellFormed() || /[\p{Cc}\ufffd]/u.test(password)) {
    throw new InvalidInputError(
      'The new password holds characters that cannot be typed: use letters, digits, blanks and signs.',
      field,
    );
  }
  const { length } = Array.from(normalisePassword(password));
  if (length < MIN_LENGTH)
    throw new InvalidInputError(`The new password is too short: use ${MIN_LENGTH} characters or more.`, field);
  if (length > MAX_LENGTH)
    throw new InvalidInputError(`The new password is too long: use ${MAX_LENGTH} characters at most.`, field);
}
