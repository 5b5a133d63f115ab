import type { ClientContext } from './client-context.js';
import { FencedError } from './errors.js';
import type { Lifetimes } from './options/lifetime-presets.js';
import type { Principal } from './ports/accounts.js';
import type { Clock } from './ports/clock.js';
import type { CreateOutcome, Fence, SessionLimit, SessionStore } from './ports/session-store.js';
import { deviceLabel } from './record/device-label.js';
import type { SealedActor } from './impersonation/session-actor.js';
import { hours, minutes } from './options/durations.js';
import type { Lifetime } from './record/lifetimes.js';
import { dataThatFits } from './record/session-data.js';
import type { SealedContent, Sealer } from './record/sealer.js';
import type { SessionData } from './session-types.js';
import type { SessionIds } from './record/session-id.js';
import type { Channel, LoginChannel, SessionRecord } from './record/session-record.js';
import { BY_PASSWORD } from './session-renewer.js';
import { encodeBase64url } from './secrets/base64url.js';
import type { KeyRing } from './secrets/key-ring.js';

/** What a new session needs. */
export interface OpenRequest {
  readonly userId: string;
  readonly principal: Principal;
  /** As it stood *before* the person's identity was checked: see `SessionService.fence`. */
  readonly fence: Fence;
  readonly channel: LoginChannel;
  readonly client: ClientContext;
  /** What the owner reads in the list of sessions. Default: from the user agent. */
  readonly device?: string | undefined;
  /** Whether this user had not logged in with it before: told as `login.new_device`. Default: false. */
  readonly newDevice?: boolean | undefined;
  readonly clientId?: string | undefined;
  /** Space-separated scopes (RFC 6749 §3.3) that the session is granted. */
  readonly scope?: string | undefined;
  /** Gives a browser session the remembered lifetime. */
  readonly remember?: boolean | undefined;
  /** Makes room by ending every other session of this channel, whatever the limit's policy. */
  readonly endOthers?: boolean | undefined;
  /**
   * RFC 7638 thumbprint of the key that the tokens of an `api` session are bound to (RFC 9449): of a proof that `DpopBinding` has verified
   * and spent. Default: bearer tokens. Of a browser session it is ignored, since a cookie comes with no proof.
   */
  readonly dpopThumbprint?: string | undefined;
  /** Authentication methods (RFC 8176). Default: `['pwd']`. */
  readonly amr?: readonly string[] | undefined;
  /** Authentication context class. Default: `aal1`. Never take it from the client (NIST SP 800-63B-4 §5.1). */
  readonly acr?: string | undefined;
  /** When that identity was proven, in milliseconds since the epoch. Default: now. */
  readonly authenticatedAt?: number | undefined;
  /** An absolute end that comes before that of the lifetimes. Milliseconds since the epoch. */
  readonly endsBy?: number | undefined;
  /** Application data that the session begins with (a JSON object of at most 4 KiB). Default: none. */
  readonly data?: SessionData | undefined;
}

export interface OpenedSession {
  readonly record: SessionRecord;
  readonly content: SealedContent;
  readonly outcome: CreateOutcome;
}

/** Everything that a new record says. */
interface SessionPlan
  extends Pick<
    OpenRequest,
    | 'userId'
    | 'principal'
    | 'client'
    | 'device'
    | 'clientId'
    | 'scope'
    | 'amr'
    | 'acr'
    | 'dpopThumbprint'
    | 'authenticatedAt'
    | 'endsBy'
  > {
  readonly channel: Channel;
  readonly data: SessionData;
  readonly lifetime: Lifetime;
  readonly remembered: boolean;
  readonly actor?: SealedActor;
}

/** Of a session in which somebody acts for a user: for a look, not for a working day. */
const SUPPORT: Lifetime = { idle: minutes(15), absolute: hours(1) };
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

  /** Opens a session, or says why not. @throws DataTooLargeError, StoreUnavailableError */
  async open(request: OpenRequest): Promise<OpenedSession> {
    const remembered = request.remember === true && request.channel === 'browser';
    const lifetime = this.rules.lifetimes[remembered ? 'remembered' : request.channel];
    const limit: SessionLimit | undefined = request.endOthers ? { max: 1, policy: 'evict' } : this.rules.limit;
    const data = dataThatFits(request.data ?? {});
    return this.create({ ...request, remembered, lifetime, data }, request.fence, limit);
  }

  /** Opens a session with data of a visitor: someone who is nobody, and whom no limit of users counts. @throws StoreUnavailableError */
  async openFor(visitor: string, data: SessionData, client: ClientContext): Promise<Omit<OpenedSession, 'outcome'>> {
    const fence = await this.store.fence({ userId: visitor, slot: this.ids.slotOf(visitor) });
    const principal = { username: '', roles: [] };
    const lifetime = this.rules.lifetimes.visitor;
    const plan = { userId: visitor, principal, channel: 'visitor', client, amr: [], acr: 'none', data, lifetime } as const;
    const opened = await this.create({ ...plan, remembered: false }, fence, undefined);
    // It was made this moment, for an id that nobody else knows: only the end of everyone's sessions comes in between.
    if (opened.outcome.outcome !== 'created') throw new FencedError();
    return opened;
  }

  /**
   * Opens a session in which somebody acts for a user, whom no limit of that user's counts: it ends with the actor's own at the
   * latest, claims what the actor has proven, and is bound to the key that the actor's own is bound to (RFC 9449).
   * @throws StoreUnavailableError
   */
  async openAs(
    { userId, principal, client }: Pick<OpenRequest, 'userId' | 'principal' | 'client'>,
    actor: SealedActor,
    { amr, acr, expiresAt, dpopThumbprint }: SessionRecord,
    fence: Fence,
  ): Promise<OpenedSession> {
    const lifetime = { ...SUPPORT, absolute: Math.min(SUPPORT.absolute, expiresAt - this.clock.now()) };
    const plan = {
      userId,
      principal,
      client,
      channel: 'support',
      amr: amr.split(' '),
      acr,
      data: {},
      lifetime,
      actor,
      dpopThumbprint,
    } as const;
    return this.create({ ...plan, remembered: false }, fence, undefined);
  }

  private async create(plan: SessionPlan, fence: Fence, limit: SessionLimit | undefined): Promise<OpenedSession> {
    const now = this.clock.now();
    const content = contentOf(plan);
    const unsealed = this.recordOf(plan, now);
    const record = { ...unsealed, sealed: this.sealer.seal(unsealed, content) };
    return { record, content, outcome: await this.store.create(this.operation(), record, fence, now, limit) };
  }

  private recordOf(plan: SessionPlan, now: number): Omit<SessionRecord, 'sealed'> {
    return {
      id: this.ids.create(plan.userId),
      userId: plan.userId,
      channel: plan.channel,
      ...(plan.clientId ? { clientId: plan.clientId } : {}),
      ...(plan.scope ? { scope: plan.scope } : {}),
      createdAt: now,
      authenticatedAt: plan.authenticatedAt ?? now,
      idleTimeout: plan.lifetime.idle,
      expiresAt: Math.min(now + plan.lifetime.absolute, plan.endsBy ?? Number.POSITIVE_INFINITY),
      amr: (plan.amr ?? BY_PASSWORD.amr).join(' '),
      acr: plan.acr ?? BY_PASSWORD.acr,
      remembered: plan.remembered,
      ...(plan.dpopThumbprint && plan.channel !== 'browser' ? { dpopThumbprint: plan.dpopThumbprint } : {}),
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
}

function contentOf({ principal, client, device, data, actor }: SessionPlan): SealedContent {
  const program = deviceLabel(client.userAgent);
  const label = device?.slice(0, LABEL_LENGTH) ?? program;
  const kind = label === program ? {} : { program };
  return { principal, device: { label, ...kind, address: client.address }, data, ...(actor ? { actor } : {}) };
}
