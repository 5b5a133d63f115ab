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
    expect(SITES.map((site) => judgeOrigin({ origin, site, referer: undefined }, TRUSTED))).toEqual(verdicts);
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
    expect(new Set(SITES.map((site) => judgeOrigin({ origin, site, referer: undefined }, TRUSTED)))).toEqual(
      new Set(['foreign']),
    );
  });

  it.each(['Same-Origin', 'SAME-ORIGIN', ' same-origin', 'same-origin, cross-site', ''])(
    'is unknown with Sec-Fetch-Site %j',
    (site) => {
      expect(judgeOrigin({ origin: undefined, site, referer: undefined }, TRUSTED)).toBe('unknown');
    },
  );

  it('is never our own when nothing is trusted, but for what the browser itself vouches for', () => {
    const none = { site: 'same-origin', referer: undefined };
    expect(judgeOrigin({ ...none, origin: 'https://app.example' }, new Set())).toBe('foreign');
    expect(judgeOrigin({ ...none, origin: undefined }, new Set())).toBe('own');
  });

  it.each([
    ['https://app.example/a/page?with=query', 'unknown'],
    ['https://admin.example', 'unknown'],
    ['', 'unknown'],
    ['https://evil.example/', 'foreign'],
    ['https://app.example.evil.example/', 'foreign'],
    ['https://evil.example/https://app.example/', 'foreign'],
    ['https://app.example@evil.example/', 'foreign'],
    ['http://app.example/', 'foreign'],
    ['https://app.example:8443/', 'foreign'],
    ['android-app://app.example/', 'foreign'],
    ['app.example', 'foreign'],
    ['null', 'foreign'],
  ])('with Referer %j alone is %s: it can condemn, and never vouch', (referer, verdict) => {
    expect(judgeOrigin({ origin: undefined, site: undefined, referer }, TRUSTED)).toBe(verdict);
    expect(judgeOrigin({ origin: undefined, site: 'same-origin', referer }, TRUSTED)).toBe('own');
    expect(judgeOrigin({ origin: 'https://evil.example', site: undefined, referer }, TRUSTED)).toBe('foreign');
  });
});
