import type { OAuthClient } from 'nestjs-hybrid-session';
import type { EnvironmentReader } from './environment-reader.js';

const PUBLIC = 'public';

/** Reads `OAUTH_CLIENTS`: `id:secret:scope scope,other:public:scope`. The word `public` stands for "has no secret". */
export function readOAuthClients(reader: EnvironmentReader): readonly OAuthClient[] {
  return reader.list('OAUTH_CLIENTS').flatMap((entry) => {
    const [id = '', secret = '', scopes = '', ...rest] = entry.split(':');
    if (id === '' || secret === '' || rest.length > 0) {
      reader.fault(
        'OAUTH_CLIENTS',
        `the entry of "${id}" is not id:secret:scopes: write "public" for a client without a secret.`,
      );
      return [];
    }
    const granted = scopes.split(' ').filter((scope) => scope !== '');
    return [{ id, ...(secret === PUBLIC ? {} : { secret }), ...(granted.length > 0 ? { scopes: granted } : {}) }];
  });
}
