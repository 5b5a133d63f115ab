import type { Authenticator } from './authenticator.js';
import type { Background } from './background.js';
import type { CredentialIssuer } from './credential-issuer.js';
import type { SessionEventListener } from './events.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import type { SessionIds } from './record/session-id.js';
import type { ChangeFeed } from './revocation/change-feed.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { CsrfTokens } from './secrets/csrf-tokens.js';
import type { SessionOpener } from './session-opener.js';
import type { SessionReader } from './session-reader.js';
import type { SessionRenewer } from './session-renewer.js';
import type { AccessTokens } from './tokens/access-tokens.js';

/** The parts that {@link SessionService} composes; built by `createSessionCore`. */
export interface SessionServiceParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly ids: SessionIds;
  readonly reader: SessionReader;
  readonly authenticator: Authenticator;
  readonly opener: SessionOpener;
  readonly renewer: SessionRenewer;
  readonly issuer: CredentialIssuer;
  readonly accessTokens: AccessTokens;
  readonly csrfTokens: CsrfTokens;
  readonly background: Background;
  readonly copies: RecordCopies;
  readonly feed: ChangeFeed;
  readonly operation: () => string;
  readonly emit: SessionEventListener;
}
