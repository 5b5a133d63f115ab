import { describe, expect, it } from '@jest/globals';
import { queryText } from './query-text.js';

describe('what an address asks with', () => {
  it('keeps the longest user name whole, so that the page after it is another', () => {
    const name = '\u{2A6D6}'.repeat(64);
    expect(queryText(name)).toBe(name);
    expect(queryText(`${name}and more`)).toBe(name);
  });

  it('is both where it is given twice, which nothing is called', () => {
    expect(queryText(['root', 'bob'])).toBe('root bob');
  });

  it('is one line, without what databases refuse; anything but text is nothing', () => {
    expect(queryText(' a\u0000b\n ')).toBe('ab');
    expect([undefined, 7, {}].map((given) => queryText(given))).toEqual(['', '', '']);
  });
});
