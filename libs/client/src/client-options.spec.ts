import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from './client-errors.js';
import { surroundingsOf } from './client-options.js';

describe('The option url', () => {
  it.each(['https://api.example', 'http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://app.localhost'])(
    'may be %s',
    (url) => {
      expect(surroundingsOf({ url }).base.href).toBe(`${url}/`);
    },
  );

  it.each([
    '/api',
    'api.example',
    'ftp://api.example',
    'http://api.example',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'https://api.example?x=1',
    'https://api.example#x',
    'https://user:password@api.example',
  ])('may not be %s, and the complaint does not repeat it', (url) => {
    const make = () => surroundingsOf({ url });
    expect(make).toThrow(InvalidOptionsError);
    expect(make).not.toThrow(/user:|:password/);
  });

  it('may be plain http elsewhere where the developer says so', () => {
    expect(surroundingsOf({ url: 'http://192.168.0.7:3000', allowHttp: true }).base.host).toBe('192.168.0.7:3000');
  });

  it('may have a path, which counts as a folder', () => {
    expect(surroundingsOf({ url: 'https://example.com/api' }).base.href).toBe('https://example.com/api/');
    expect(surroundingsOf({ url: 'https://example.com/api/' }).base.href).toBe('https://example.com/api/');
  });
});
