import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { sampleRecord } from '../../../spec/sample-record.js';
import { Credentials } from '../secrets/credential.js';
import { DeviceSecrets } from '../secrets/device-secrets.js';
import { KeyRing } from '../secrets/key-ring.js';
import { cookieFaults, MAX_COOKIE_NAME, resolveCookie, type CookieOptions } from './cookie-options.js';

const faultsOf = (options: CookieOptions, production = false) => cookieFaults(resolveCookie(options), production);

describe('the session cookie', () => {
  it('is as strict as works by default', () => {
    expect(resolveCookie()).toEqual({
      name: '__Host-sid',
      deviceName: '__Host-sid-device',
      visitorName: '__Host-sid-visitor',
      secure: true,
      sameSite: 'Lax',
    });
    expect(faultsOf({}, true)).toEqual([]);
  });

  it('writes its attributes as browsers read them', () => {
    expect(resolveCookie({ name: '__Secure-sid', sameSite: 'strict', domain: 'app.example' })).toEqual({
      name: '__Secure-sid',
      deviceName: '__Secure-sid-device',
      visitorName: '__Secure-sid-visitor',
      secure: true,
      sameSite: 'Strict',
      domain: 'app.example',
    });
    expect(resolveCookie({ sameSite: 'none' }).sameSite).toBe('None');
  });

  it.each<[CookieOptions]>([
    [{ name: 'sid' }],
    [{ name: 'sid', domain: 'app.example' }],
    [{ name: '__Secure-sid', domain: 'app.example' }],
    [{ name: '__Host-sid', sameSite: 'none' }],
    [{ sameSite: 'strict' }],
  ])('may be %j in production', (options) => {
    expect(faultsOf(options, true)).toEqual([]);
  });

  it.each<[CookieOptions, RegExp]>([
    [{ domain: 'app.example' }, /__Host- prefix contradict/],
    [{ name: '__Host-sid', domain: 'app.example' }, /__Host- prefix contradict/],
    [{ secure: false }, /needs cookie.secure: true/],
    [{ name: '__Secure-sid', secure: false }, /needs cookie.secure: true/],
    [{ name: 'sid', sameSite: 'none', secure: false }, /sameSite "none" needs cookie.secure: true/],
    [{ name: '__host-sid' }, /write the prefix as __Host-/],
    [{ name: '__HOST-sid' }, /write the prefix as __Host-/],
    [{ name: '__secure-sid' }, /write the prefix as __Host- or __Secure-/],
    [{ name: '' }, /not a cookie name/],
    [{ name: 'my sid' }, /not a cookie name/],
    [{ name: 'sid=1' }, /not a cookie name/],
    [{ name: 'sid;path' }, /not a cookie name/],
    [{ name: 'sid\r\nSet-Cookie: x' }, /not a cookie name/],
    [{ name: 'sïd' }, /not a cookie name/],
  ])('may not be %j: a browser would drop it, or misread it', (options, message) => {
    const faults = faultsOf(options);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });

  it('may go without Secure on a development host, under a name without prefix, and nowhere else', () => {
    expect(faultsOf({ name: 'sid', secure: false })).toEqual([]);
    expect(faultsOf({ name: 'sid', secure: false }, true)).toEqual([expect.stringMatching(/for development only/)]);
  });

  it('has at most 4096 octets of name and value under the longest name, as have those beside it; a longer name is refused', () => {
    const longest = '__Host-'.padEnd(MAX_COOKIE_NAME, 's');
    const { name, deviceName, visitorName } = resolveCookie({ name: longest });
    const ring = new KeyRing([randomBytes(32)]);
    const [credentials, record] = [new Credentials(ring), sampleRecord({ keyId: ring.currentId })];
    const [lastGeneration, endOfTime] = [999_999_999, 8_640_000_000_000_000];
    const cookies = [
      name + credentials.write('cookie', record, lastGeneration),
      visitorName + credentials.write('visitor', record, lastGeneration),
      deviceName + new DeviceSecrets(ring, randomBytes).issue(record.userId, endOfTime),
    ];
    expect(Math.max(...cookies.map((cookie) => Buffer.byteLength(cookie)))).toBe(4_096);
    expect(faultsOf({ name: longest }, true)).toEqual([]);
    expect(faultsOf({ name: `${longest}s` })).toEqual([expect.stringMatching(/has 3992 characters: use 3991 at most/)]);
  });

  it('tells every contradiction at once', () => {
    expect(faultsOf({ name: '__host-s d', secure: false, sameSite: 'none', domain: 'app.example' }, true)).toHaveLength(6);
  });
});
