import type { ApiCredentials, BrowserCredentials, IssuedSession } from './issued-session.js';
import type { Credentials } from './secrets/credential.js';
import type { CsrfTokens } from './secrets/csrf-tokens.js';
import type { SealedContent } from './record/sealer.js';
import type { SessionRecord } from './record/session-record.js';
import { Session } from './session.js';
import type { AccessTokens } from './tokens/access-tokens.js';

/** Hands out the credentials of a record's current generation, in the form of its channel. */
export class CredentialIssuer {
  constructor(
    private readonly credentials: Credentials,
    private readonly accessTokens: AccessTokens,
    private readonly csrfTokens: CsrfTokens,
  ) {}

  /** The credentials of a session that was just opened or renewed. */
  async issue(record: SessionRecord, content: SealedContent, now: number): Promise<IssuedSession> {
    const session = new Session({ record, content }, record.generation);
    const credentials =
      record.channel === 'browser' ? this.browser(session, now) : await this.api(record, record.generation, now);
    return { session, credentials };
  }

  /** The token pair of one generation; `scope` narrows the access token only. */
  async api(record: SessionRecord, generation: number, now: number, scope = record.scope): Promise<ApiCredentials> {
    const { token, expiresIn } = await this.accessTokens.issue(record, generation, now, scope);
    return {
      channel: 'api',
      accessToken: token,
      tokenType: record.dpopThumbprint ? 'DPoP' : 'Bearer',
      expiresIn,
      refreshToken: this.credentials.write('refresh', record, generation),
      ...(scope ? { scope } : {}),
    };
  }

  private browser(session: Session, now: number): BrowserCredentials {
    return {
      channel: 'browser',
      cookie: this.credentials.write('cookie', session.record, session.generation),
      ...(session.remembered ? { maxAge: Math.floor((session.expiresAt - now) / 1000) } : {}),
      csrfToken: this.csrfTokens.issue(session),
    };
  }
}
