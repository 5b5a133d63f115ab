import { describe, expect, it } from '@jest/globals';
import { InvalidClientError } from '../errors.js';
import { ClientRegistry } from './client-registry.js';

const SECRET = 'a secret of the back office';
const registry = new ClientRegistry([
  { id: 'mobile', scopes: ['orders:read', 'orders:write'] },
  { id: 'spa', scopes: [] },
  { id: 'office', secret: SECRET },
]);

describe('a client', () => {
  it('that is public is known by its bare id, and granted its scopes', () => {
    expect(registry.identify({ id: 'mobile' })).toEqual({ id: 'mobile', confidential: false, scope: 'orders:read orders:write' });
    expect(registry.identify({ id: 'spa' })).toEqual({ id: 'spa', confidential: false });
  });

  it('that is confidential is known by its secret', () => {
    expect(registry.identify({ id: 'office', secret: SECRET })).toEqual({ id: 'office', confidential: true });
  });

  it.each([
    ['an unknown id', { id: 'other' }],
    ['an id in other letters', { id: 'Mobile' }],
    ['a name of Object.prototype', { id: '__proto__' }],
    ['an empty id', { id: '' }],
    ['a confidential client without its secret', { id: 'office' }],
    ['a confidential client with an empty secret', { id: 'office', secret: '' }],
    ['a wrong secret', { id: 'office', secret: `${SECRET} ` }],
    ['a part of the secret', { id: 'office', secret: SECRET.slice(0, -1) }],
    ['a secret where there is none', { id: 'mobile', secret: SECRET }],
    ['an empty secret where there is none', { id: 'mobile', secret: '' }],
  ])('is refused: %s', (_, presented) => {
    expect(() => registry.identify(presented)).toThrow(InvalidClientError);
  });
});

describe('without any registered client', () => {
  const open = new ClientRegistry([]);

  it('every id is a public client, and only a name', () => {
    expect(open.identify({ id: 'anything' })).toEqual({ id: 'anything', confidential: false });
  });

  it('none can claim to be confidential', () => {
    expect(() => open.identify({ id: 'anything', secret: SECRET })).toThrow(InvalidClientError);
  });
});
