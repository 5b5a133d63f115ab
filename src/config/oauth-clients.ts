import type { OAuthClient } from 'nestjs-hybrid-session';
import { z } from 'zod';
import type { EnvironmentReader } from './environment-reader.js';
import { jsonOf, jwks } from './key-config.js';

const PUBLIC = 'public';
const KEYS = 'keys';

/** The keys of each client that signs, by its id. */
const clientKeys = z.record(z.string(), jwks);

/**
 * Reads `OAUTH_CLIENTS`: `id:secret:scope scope,other:public:scope,third:keys:scope`. The word `public` stands for "has no secret", the word `keys` for "signs
 * with a key whose public half is in `OAUTH_CLIENT_KEYS`". `OAUTH_REVOKE_USERS` names those that may end the sessions of any user.
 */
export function readOAuthClients(reader: EnvironmentReader): readonly OAuthClient[] {
  const keysOf = readClientKeys(reader);
  const mayRevokeUsers = new Set(reader.list('OAUTH_REVOKE_USERS'));
  return reader.list('OAUTH_CLIENTS').flatMap((entry) => {
    const [id = '', secret = '', scopes = '', ...rest] = entry.split(':');
    if (id === '' || secret === '' || rest.length > 0) {
      reader.fault(
        'OAUTH_CLIENTS',
        `the entry of "${id}" is not id:secret:scopes: write "public" for a client without a secret, "keys" for one that signs.`,
      );
      return [];
    }
    const granted = scopes.split(' ').filter((scope) => scope !== '');
    const scoped = granted.length > 0 ? { scopes: granted } : {};
    return [{ id, ...proofOf(secret, keysOf.get(id)), ...scoped, mayRevokeUsers: mayRevokeUsers.has(id) }];
  });
}

function proofOf(secret: string, keys: OAuthClient['keys']): Pick<OAuthClient, 'secret' | 'keys'> {
  if (secret === PUBLIC) return {};
  return secret === KEYS ? { keys: keys ?? [] } : { secret };
}

function readClientKeys(reader: EnvironmentReader): ReadonlyMap<string, OAuthClient['keys']> {
  const given = reader.text('OAUTH_CLIENT_KEYS');
  const parsed = clientKeys.safeParse(given === undefined ? {} : jsonOf(given));
  if (parsed.success) return new Map(Object.entries(parsed.data));
  reader.fault(
    'OAUTH_CLIENT_KEYS',
    'is not what it must be: write one JSON object of client id to public JWK, or array of them.',
  );
  return new Map();
}
