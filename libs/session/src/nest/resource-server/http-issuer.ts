import { StoreUnavailableError } from '../../core/errors.js';
import { Issuer, type PublishedKey } from '../../core/ports/issuer.js';
import type { Introspection } from '../../core/tokens/introspection.js';

/** The issuer over HTTP. Redirects are not followed: the secret of the client is for the issuer alone. */
export class HttpIssuer extends Issuer {
  private readonly authorization: string;

  /** @param deadline milliseconds that a question may take */
  constructor(
    private readonly issuer: string,
    client: { readonly id: string; readonly secret: string },
    private readonly deadline: number,
  ) {
    super();
    const pair = `${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`; // RFC 6749 §2.3.1
    this.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  async keySet(): Promise<readonly PublishedKey[]> {
    const answer = await this.ask('/.well-known/jwks.json', { headers: { Accept: 'application/json' } });
    if (!isObject(answer) || !Array.isArray(answer['keys'])) throw away('answered with no key set');
    return answer['keys'].filter(isObject);
  }

  async introspect(token: string): Promise<Introspection> {
    const answer = await this.ask('/oauth/introspect', {
      method: 'POST',
      headers: { Accept: 'application/json', Authorization: this.authorization },
      body: new URLSearchParams({ token }),
    });
    if (isObject(answer) && answer['active'] === false) return { active: false };
    if (!isLive(answer)) throw away('did not say whether a token lives');
    return answer;
  }

  private async ask(path: string, init: RequestInit): Promise<unknown> {
    try {
      const response = await fetch(this.issuer + path, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.timeout(this.deadline),
      });
      if (response.status === 200) return await response.json();
      await response.body?.cancel(); // else the connection stays taken
      throw away(response.status === 401 ? 'does not know this client: see its OAuth clients' : `answered ${response.status}`);
    } catch (cause) {
      throw cause instanceof StoreUnavailableError ? cause : new StoreUnavailableError({ cause });
    }
  }
}

function away(what: string): StoreUnavailableError {
  return new StoreUnavailableError({ cause: new Error(`The issuer ${what}.`) });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLive(answer: unknown): answer is Introspection {
  return (
    isObject(answer) &&
    answer['active'] === true &&
    ['sub', 'sid', 'username'].every((name) => typeof answer[name] === 'string') &&
    Array.isArray(answer['roles']) &&
    answer['roles'].every((role) => typeof role === 'string')
  );
}
