import { describe, expect, it } from '@jest/globals';
import { LONGEST_TEXT, plainText } from './plain-text.js';

describe('a text of an entry', () => {
  it.each(['', 'Firefox on Linux', 'Zoë’s phone', '日本語', '📱', 'a "quoted" \\ text', '<b>'])(
    'that is plain stays as it is: %j',
    (text) => {
      expect(plainText(text)).toBe(text);
    },
  );

  it.each([
    ['a line of its own', 'x\r\n{"type":"forged"}', 'x\\u{d}\\u{a}{"type":"forged"}'],
    ['a line of Unicode', 'x\u2028y\u2029z\u0085', 'x\\u{2028}y\\u{2029}z\\u{85}'],
    ['a terminal’s commands', '\u001b[2J\u009b31m\u0007', '\\u{1b}[2J\\u{9b}31m\\u{7}'],
    ['text that runs backwards', 'admin\u202e\u2066gpj', 'admin\\u{202e}\\u{2066}gpj'],
    ['what cannot be seen', 'a\u200bd\u00adm\ufeffin\u{e0041}', 'a\\u{200b}d\\u{ad}m\\u{feff}in\\u{e0041}'],
    ['what a database refuses', 'a\u0000b\ud800', 'a\\u{0}b\\u{d800}'],
  ])('cannot hold %s', (_, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('is cut where it is long, never through a character, and however much longer it becomes', () => {
    for (const unit of ['x', '📱', '\u202e', 'é']) {
      const plain = plainText(unit.repeat(10_240));
      expect(plain.length).toBeLessThanOrEqual(LONGEST_TEXT);
      expect(plain.length).toBeGreaterThan(LONGEST_TEXT - 12);
      expect(plain.isWellFormed()).toBe(true);
      expect(plain).toMatch(/…$/);
    }
    expect(plainText('x'.repeat(LONGEST_TEXT))).toBe('x'.repeat(LONGEST_TEXT));
  });
});
