import { describe, expect, it } from '@jest/globals';
import { sampleOptions } from '../../../spec/sample-options.js';
import { optionNotices } from './option-notices.js';
import { resolveOptions } from './resolve-options.js';
import type { SessionOptions } from './session-options.js';

const noticesOf = (change: Partial<SessionOptions>) => optionNotices(resolveOptions(sampleOptions(change)));

describe('what a start says of its options', () => {
  it('is nothing while no other site is let in', () => {
    expect(noticesOf({})).toEqual([]);
    expect(
      noticesOf({ trustedOrigins: ['https://app.example', 'http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:8080'] }),
    ).toEqual([]);
  });

  it('names every other origin whose pages may act with the cookie', () => {
    const trustedOrigins = ['https://admin.example', 'http://localhost.evil.example', 'http://localhost:3000'];
    expect(noticesOf({ trustedOrigins })).toEqual([
      'Pages of https://admin.example, http://localhost.evil.example may act with the cookie as our own do (trustedOrigins).',
    ]);
  });

  it('names a cookie that travels with requests of other sites', () => {
    expect(noticesOf({ cookie: { sameSite: 'none' } })).toEqual([expect.stringContaining('sameSite "none"')]);
  });
});
