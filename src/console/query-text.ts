const CONTROLS = /\p{Cc}/gu;

/**
 * A text that an address asks with, on one line, and not longer than it could be. What is no text, such as a name that is given twice, is
 * nothing; control characters are left out, since databases refuse them.
 */
export function queryText(given: unknown, longest = 100): string {
  return typeof given === 'string' ? given.replaceAll(CONTROLS, '').trim().slice(0, longest) : '';
}
