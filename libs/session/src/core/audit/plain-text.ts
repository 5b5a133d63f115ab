/** The longest text of an entry, in UTF-16 units. */
export const LONGEST_TEXT = 255;

// Controls (C0, C1, DEL), formats (bidi overrides, zero-width, tags), separators of lines and paragraphs, lone surrogates.
const UNPLAIN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A text that may stand in a log whoever chose it (ASVS 16.4.1): one line, of characters that can be seen, and not too long. What is
 * none of these is written out by its number, as `\u{1b}`.
 */
export function plainText(text: string): string {
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : text;
  const plain = cut.replace(UNPLAIN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return plain.length > LONGEST_TEXT ? `${plain.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : plain;
}
