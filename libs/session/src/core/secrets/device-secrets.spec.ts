import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { DEVICE_LIFETIME, DeviceSecrets } from './device-secrets.js';
import { KeyRing } from './key-ring.js';

const NOW = 1_700_000_000_000;
const keys = [randomBytes(32), randomBytes(32)];
const devices = new DeviceSecrets(new KeyRing(keys), randomBytes);

describe('the secret of a device', () => {
  it('names the same device for its user, at each login', () => {
    const first = devices.idOf(devices.issue('user-1', NOW), 'user-1', NOW);
    const second = devices.idOf(devices.issue('user-1', NOW + 1, first), 'user-1', NOW + 1);
    expect(first).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(second).toBe(first);
    expect(devices.idOf(devices.issue('user-1', NOW), 'user-1', NOW)).not.toBe(first);
  });

  it('is of no value for another user', () => {
    expect(devices.idOf(devices.issue('user-1', NOW), 'user-2', NOW)).toBeUndefined();
  });

  it('is forgotten so long after the last login', () => {
    const secret = devices.issue('user-1', NOW);
    expect(devices.idOf(secret, 'user-1', NOW + DEVICE_LIFETIME - 1)).toBeDefined();
    expect(devices.idOf(secret, 'user-1', NOW + DEVICE_LIFETIME)).toBeUndefined();
  });

  it('holds while its key is in the ring, first or not, and no longer', () => {
    const secret = devices.issue('user-1', NOW);
    const [first = randomBytes(32), second = randomBytes(32)] = keys;
    expect(new DeviceSecrets(new KeyRing([second, first]), randomBytes).idOf(secret, 'user-1', NOW)).toBeDefined();
    expect(new DeviceSecrets(new KeyRing([second]), randomBytes).idOf(secret, 'user-1', NOW)).toBeUndefined();
  });

  it('has one spelling, and none of its parts can be changed', () => {
    const secret = devices.issue('user-1', NOW);
    const forged = Array.from(secret, (letter, i) => secret.slice(0, i) + (letter === 'A' ? 'B' : 'A') + secret.slice(i + 1));
    const spelled = ['', secret.toUpperCase(), `${secret}=`, ` ${secret}`, `${secret}\n`, secret.replace('nhs_d_', 'nhs_c_')];
    const aged = secret.replace(`.${NOW}.`, `.${NOW + 1}.`);
    for (const text of [...forged, ...spelled, aged]) expect(devices.idOf(text, 'user-1', NOW)).toBeUndefined();
  });
});
