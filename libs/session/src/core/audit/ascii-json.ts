/**
 * JSON in printable ASCII: it stays what it is in a file, a terminal and a database of any character set, and has one spelling that a
 * hash can be taken of.
 */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
