import { describe, expect, it } from '@jest/globals';
import { deviceLabel } from './device-label.js';

const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('the label of a device', () => {
  it.each([
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Chrome on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/141.0.0.0 Safari/537.36`],
    ['Edge on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`],
    ['Opera on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/141.0.0.0 Safari/537.36 OPR/120.0.0.0`],
    ['Safari on macOS', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/26.0 Safari/605.1.15`],
    ['Safari on iOS', `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${APPLE} Version/26.0 Mobile/15E148 Safari/604.1`],
    [
      'Chrome on iOS',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${APPLE} CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1`,
    ],
    ['Firefox on iOS', `Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) ${APPLE} FxiOS/143.0 Mobile/15E148 Safari/604.1`],
    [
      'Edge on iOS',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${APPLE} EdgiOS/141.0 Version/18.0 Mobile/15E148 Safari/604.1`,
    ],
    ['Chrome on Android', `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36`],
    ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/141.0.0.0 Safari/537.36`],
  ])('is %s', (label, userAgent) => {
    expect(deviceLabel(userAgent)).toBe(label);
  });

  it.each([
    ['curl', 'curl/8.14.1'],
    ['Android', 'OrdersApp/3.1 (Android 15)'],
    ['my-app.v2', 'my-app.v2 build 17'],
    ['node', 'node'],
  ])('is %s for a program that is no browser', (label, userAgent) => {
    expect(deviceLabel(userAgent)).toBe(label);
  });

  it.each(['', ' ', '/', '<script>alert(1)</script>', '"; drop table', '\u0000\u0001', '__proto__', '５curl'])(
    'is plain for %j',
    (userAgent) => {
      expect(deviceLabel(userAgent)).toBe('unknown device');
    },
  );

  it('never carries a version, so that an update is no new device', () => {
    const chrome = (version: number) =>
      deviceLabel(`Mozilla/5.0 (X11; Linux x86_64) ${BLINK} Chrome/${version}.0.0.0 Safari/537.36`);
    expect(chrome(141)).toBe(chrome(142));
    expect(deviceLabel('OrdersApp/3.1')).toBe(deviceLabel('OrdersApp/3.2'));
  });

  it('is short and printable whatever was sent', () => {
    const long = deviceLabel('a'.repeat(100_000));
    expect(long).toHaveLength(60);
    expect(deviceLabel('curl\u001b[31m\nSet-Cookie: x')).toBe('curl');
  });
});
