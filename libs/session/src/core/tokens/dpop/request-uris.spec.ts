import { describe, expect, it } from '@jest/globals';
import { RequestUris } from './request-uris.js';

const uris = new RequestUris('https://app.example');

describe('The address of a request, for a proof,', () => {
  it('is the public one, whatever way the request came', () => {
    expect(uris.meant('https://app.example/me', '/me')).toBe('https://app.example/me');
    expect(uris.meant('https://app.example/me', 'http://10.0.0.1:3000/me')).toBe('https://app.example/me');
    expect(uris.meant('http://10.0.0.1:3000/me', 'http://10.0.0.1:3000/me')).toBeUndefined();
  });

  it.each([
    ['HTTPS://APP.example/me', '/me'],
    ['https://app.example:443/me', '/me'],
    ['https://app.example/./x/../me', '/me'],
    ['https://app.example/%6d%65', '/me'],
    ['https://app.example/me', '/%6D%65'],
    ['https://app.example/a%2fb', '/a%2Fb'],
    ['https://app.example/me?x=1#y', '/me?z=2'],
    ['https://app.example', '/'],
    ['https://app.example//evil.example/me', '//evil.example/me'],
  ])('is %s for %s: spelling, query and fragment make no difference', (htu, target) => {
    expect(uris.meant(htu, target)).toBeDefined();
  });

  it.each([
    ['https://app.example/me/', '/me'],
    ['https://app.example/ME', '/me'],
    ['https://app.example/a/b', '/a%2Fb'],
    ['https://app.example.evil.example/me', '/me'],
    ['https://ada@app.example/me', '/me'],
    ['http://app.example/me', '/me'],
    ['https://evil.example/me', '//evil.example/me'],
    ['//app.example/me', '/me'],
    ['/me', '/me'],
    ['', '/me'],
    ['data:text/plain,/me', '/me'],
  ])('is not %s for %s', (htu, target) => {
    expect(uris.meant(htu, target)).toBeUndefined();
  });

  it('begins with the path of the public URL, whether or not a proxy has taken it off', () => {
    const below = new RequestUris('https://app.example/api/');
    for (const target of ['/api/me', '/me']) expect(below.meant('https://app.example/api/me', target)).toBeDefined();
    expect(below.meant('https://app.example/me', '/me')).toBeUndefined();
    expect(below.meant('https://app.example/api/apis', '/apis')).toBeDefined();
    expect(below.meant('https://app.example/api', '/api')).toBeDefined();
  });

  it('may have further origins that the configuration names', () => {
    const two = new RequestUris('https://app.example', ['https://api.example']);
    expect(two.meant('https://api.example/me', '/me')).toBe('https://api.example/me');
    expect(uris.meant('https://api.example/me', '/me')).toBeUndefined();
  });
});
