import { describe, expect, it } from '@jest/globals';
import { judgeOrigin, type OriginVerdict } from './origin-check.js';

const TRUSTED = new Set(['https://app.example', 'https://admin.example']);
const SITES = [undefined, 'same-origin', 'same-site', 'cross-site', 'none', 'unheard-of'];

describe('where a request comes from', () => {
  it.each<[string | undefined, readonly OriginVerdict[]]>([
    //                              no header, same-origin, same-site, cross-site, none, unheard-of
    ['https://app.example', ['own', 'own', 'own', 'own', 'own', 'own']],
    ['https://admin.example', ['own', 'own', 'own', 'own', 'own', 'own']],
    ['https://evil.example', ['foreign', 'foreign', 'foreign', 'foreign', 'foreign', 'foreign']],
    [undefined, ['unknown', 'own', 'foreign', 'foreign', 'own', 'unknown']],
  ])('with Origin %s, by Sec-Fetch-Site', (origin, verdicts) => {
    expect(SITES.map((site) => judgeOrigin({ origin, site }, TRUSTED))).toEqual(verdicts);
  });

  it.each([
    'null',
    '',
    'http://app.example',
    'https://app.example/',
    'https://APP.example',
    'https://app.example:443',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://evil.example#https://app.example',
    'https://sub.app.example',
    'https://app.example, https://evil.example',
    '*',
  ])('is foreign with Origin %j, whatever the site says: an origin is compared letter by letter', (origin) => {
    expect(new Set(SITES.map((site) => judgeOrigin({ origin, site }, TRUSTED)))).toEqual(new Set(['foreign']));
  });

  it.each(['Same-Origin', 'SAME-ORIGIN', ' same-origin', 'same-origin, cross-site', ''])(
    'is unknown with Sec-Fetch-Site %j',
    (site) => {
      expect(judgeOrigin({ origin: undefined, site }, TRUSTED)).toBe('unknown');
    },
  );

  it('is never our own when nothing is trusted, but for what the browser itself vouches for', () => {
    expect(judgeOrigin({ origin: 'https://app.example', site: 'same-origin' }, new Set())).toBe('foreign');
    expect(judgeOrigin({ origin: undefined, site: 'same-origin' }, new Set())).toBe('own');
  });
});
