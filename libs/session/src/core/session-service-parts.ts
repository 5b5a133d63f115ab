import type { AnonymousSessions } from './anonymous/anonymous-sessions.js';
import type { Authenticator } from './authenticator.js';
import type { Background } from './background.js';
import type { CredentialIssuer } from './credential-issuer.js';
import type { SessionEventListener } from './events.js';
import type { EndedSessions } from './ended-sessions.js';
import type { Impersonations } from './impersonation/impersonations.js';
import type { PasswordEndings } from './password-endings.js';
import type { Clock } from './ports/clock.js';
import type { Relay } from './ports/relay.js';
import type { SessionStore } from './ports/session-store.js';
import type { SessionIds } from './record/session-id.js';
import type { RightsChanges } from './rights-changes.js';
import type { ChangeFeed } from './revocation/change-feed.js';
import type { RecordCopies } from './revocation/record-copies.js';
import type { CsrfTokens } from './secrets/csrf-tokens.js';
import type { SessionEndings } from './session-endings.js';
import type { SessionOpener } from './session-opener.js';
import type { SessionReader } from './session-reader.js';
import type { SessionRenewer } from './session-renewer.js';
import type { UserEndings } from './user-endings.js';
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
  readonly ended: EndedSessions;
  readonly endings: SessionEndings;
  readonly passwordEndings: PasswordEndings;
  readonly userEndings: UserEndings;
  readonly impersonations: Impersonations;
  readonly anonymous: AnonymousSessions;
  readonly rightsChanges: RightsChanges;
  readonly feed: ChangeFeed;
  readonly relay: Relay | undefined;
  readonly operation: () => string;
  readonly emit: SessionEventListener;
}
