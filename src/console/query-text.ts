const CONTROLS = /\p{Cc}/gu;

/**
 * A text that an address asks with, on one line, and not longer than it could be: a user name has at most 64 characters of two units. What
 * is given twice is both, which nothing is called; control characters are left out, since databases refuse them.
 */
export function queryText(given: unknown, longest = 128): string {
  const text = Array.isArray(given) ? given.join(' ') : given;
  return typeof text === 'string' ? text.replaceAll(CONTROLS, '').trim().slice(0, longest) : '';
}
