import type { ClientContext } from './client-context.js';
import type { Lifetimes } from './options/lifetime-presets.js';
import type { Principal } from './ports/accounts.js';
import type { Clock } from './ports/clock.js';
import type { CreateOutcome, Fence, SessionLimit, SessionStore } from './ports/session-store.js';
import { deviceLabel, USER_AGENT_LENGTH } from './record/device-label.js';
import type { SealedContent, Sealer } from './record/sealer.js';
import type { SessionIds } from './record/session-id.js';
import type { Channel, SessionRecord } from './record/session-record.js';
import { BY_PASSWORD } from './session-renewer.js';
import { encodeBase64url } from './secrets/base64url.js';
import type { KeyRing } from './secrets/key-ring.js';

/** What a new session needs. */
export interface OpenRequest {
  readonly userId: string;
  readonly principal: Principal;
  /** As it stood *before* the person's identity was checked: see `SessionService.fence`. */
  readonly fence: Fence;
  readonly channel: Channel;
  readonly client: ClientContext;
  /** What the owner reads in the list of sessions. Default: from the user agent. */
  readonly device?: string | undefined;
  readonly clientId?: string | undefined;
  /** Space-separated scopes (RFC 6749 §3.3) that the session is granted. */
  readonly scope?: string | undefined;
  /** Gives a browser session the remembered lifetime. */
  readonly remember?: boolean | undefined;
  /** Makes room by ending every other session of this channel, whatever the limit's policy. */
  readonly endOthers?: boolean | undefined;
  /** Authentication methods (RFC 8176). Default: `['pwd']`. */
  readonly amr?: readonly string[] | undefined;
  /** Authentication context class. Default: `aal1`. Never take it from the client (NIST SP 800-63B-4 §5.1). */
  readonly acr?: string | undefined;
}

export interface OpenedSession {
  readonly record: SessionRecord;
  readonly content: SealedContent;
  readonly outcome: CreateOutcome;
}

const SALT_BYTES = 32;
const LABEL_LENGTH = 100;

/** Makes the record of a new session and asks the store to admit it. */
export class SessionOpener {
  constructor(
    private readonly store: SessionStore,
    private readonly ids: SessionIds,
    private readonly ring: KeyRing,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    private readonly random: (bytes: number) => Uint8Array,
    private readonly rules: { readonly lifetimes: Lifetimes; readonly limit: SessionLimit | undefined },
    private readonly operation: () => string,
  ) {}

  /** Opens a session, or says why not. */
  async open(request: OpenRequest): Promise<OpenedSession> {
    const now = this.clock.now();
    const content = this.contentOf(request);
    const unsealed = this.recordOf(request, now);
    const record = { ...unsealed, sealed: this.sealer.seal(unsealed, content) };
    const limit: SessionLimit | undefined = request.endOthers ? { max: 1, policy: 'evict' } : this.rules.limit;
    const outcome = await this.store.create(this.operation(), record, request.fence, now, limit);
    return { record, content, outcome };
  }

  private recordOf(request: OpenRequest, now: number): Omit<SessionRecord, 'sealed'> {
    const remembered = request.remember === true && request.channel === 'browser';
    const lifetime = this.rules.lifetimes[remembered ? 'remembered' : request.channel];
    return {
      id: this.ids.create(request.userId),
      userId: request.userId,
      channel: request.channel,
      ...(request.clientId ? { clientId: request.clientId } : {}),
      ...(request.scope ? { scope: request.scope } : {}),
      createdAt: now,
      authenticatedAt: now,
      idleTimeout: lifetime.idle,
      expiresAt: now + lifetime.absolute,
      amr: (request.amr ?? BY_PASSWORD.amr).join(' '),
      acr: request.acr ?? BY_PASSWORD.acr,
      remembered,
      salt: encodeBase64url(this.random(SALT_BYTES)),
      keyId: this.ring.currentId,
      generation: 0,
      usedAt: 0,
      minGeneration: 0,
      replays: 0,
      lastSeenAt: now,
      version: 1,
    };
  }

  private contentOf({ principal, client, device }: OpenRequest): SealedContent {
    const userAgent = client.userAgent.slice(0, USER_AGENT_LENGTH);
    const label = device?.slice(0, LABEL_LENGTH) ?? deviceLabel(userAgent);
    return { principal, device: { label, userAgent, address: client.address }, data: {} };
  }
}
