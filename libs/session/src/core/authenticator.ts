import type { Background } from './background.js';
import { BoundedMap } from './bounded-map.js';
import type { ClientContext } from './client-context.js';
import { InvalidSessionError, InvalidTokenError } from './errors.js';
import type { RefusalCause, SessionEventListener } from './events.js';
import type { Clock } from './ports/clock.js';
import type { SessionStore } from './ports/session-store.js';
import type { RecordCopies } from './revocation/record-copies.js';
import { deviceLabel } from './record/device-label.js';
import { touchInterval } from './record/lifetimes.js';
import type { SessionRecord } from './record/session-record.js';
import { parseCredential } from './secrets/credential.js';
import { Session } from './session.js';
import type { OpenedRecord } from './record/opened-record.js';
import type { SessionReader } from './session-reader.js';

export interface AuthenticationRules {
  /** Milliseconds; 0 makes a first use count before the request goes on. */
  readonly refreshWindow: number;
  readonly onClientChange: 'ignore' | 'report' | 'revoke';
  /** Ends a session whose client changed, under the `revoke` policy. */
  readonly end: (session: SessionRecord) => Promise<void>;
}

const REMEMBERED_REPORTS = 10_000;

/** Turns a presented credential into a session, or refuses it: one read of the store, and none where the text itself is wrong. */
export class Authenticator {
  private readonly reported = new BoundedMap<string, true>(REMEMBERED_REPORTS);

  constructor(
    private readonly reader: SessionReader,
    private readonly store: SessionStore,
    private readonly copies: RecordCopies,
    private readonly clock: Clock,
    private readonly background: Background,
    private readonly rules: AuthenticationRules,
    private readonly emit: SessionEventListener,
  ) {}

  /**
   * The session of a cookie value.
   * @param bound milliseconds that the copy of a record may be old; 0 asks the store
   * @throws InvalidSessionError
   * @throws StoreUnavailableError
   */
  async cookie(value: string, client: ClientContext, bound = 0): Promise<Session> {
    const now = this.clock.now();
    const credential = parseCredential('cookie', value);
    if (!credential) throw new InvalidSessionError();
    const reading = await this.reader.byCredential(credential, now, bound);
    if ('refused' in reading) throw this.refusal(credential.id, reading.refused, client, new InvalidSessionError());
    await this.watchClient(reading, client, now, new InvalidSessionError());
    this.touch(reading.record, now);
    return new Session(reading.record, reading.content, credential.generation);
  }

  /**
   * The session of an access token. Its first use is reported to the store (design §6: "used").
   * @param bound milliseconds that the copy of a record may be old; 0 asks the store
   * @throws InvalidTokenError
   * @throws StoreUnavailableError
   */
  async accessToken(token: string, client: ClientContext, bound = 0): Promise<Session> {
    const now = this.clock.now();
    const reading = await this.reader.byAccessToken(token, now, bound);
    if (!reading) throw new InvalidTokenError();
    const { claims } = reading;
    if ('refused' in reading) throw this.refusal(claims.sid, reading.refused, client, new InvalidTokenError());
    await this.watchClient(reading, client, now, new InvalidTokenError());
    await this.noteUse(reading.record, claims.gen, now);
    this.touch(reading.record, now);
    return new Session(reading.record, reading.content, claims.gen, narrow(claims.scope, reading.record.scope));
  }

  /** Reports the first use of a generation. With a window of 0 it is awaited: the predecessor must be dead when this returns. */
  async noteUse(record: SessionRecord, generation: number, now: number): Promise<void> {
    if (record.channel !== 'api' || record.usedAt !== 0 || record.generation !== generation) return;
    const report = async () => {
      await this.store.used(record.id, generation, now);
      this.copies.amend(record.id, { usedAt: now }); // acknowledged: only now it need not be reported again
    };
    if (this.rules.refreshWindow === 0) return report();
    void this.background.run(`used ${record.id} ${generation}`, report);
  }

  private touch(record: SessionRecord, now: number): void {
    if (now - record.lastSeenAt < touchInterval(record.idleTimeout)) return;
    void this.background.run(`touch ${record.id}`, async () => {
      await this.store.touch(record.id, now);
      this.copies.amend(record.id, { lastSeenAt: now });
    });
  }

  /** Reports a session that another kind of program presents than opened it; under the `revoke` policy, ends it and throws `error`. */
  async watchClient({ record, content }: OpenedRecord, client: ClientContext, now: number, error: Error): Promise<void> {
    const { onClientChange, end } = this.rules;
    const device = deviceLabel(client.userAgent);
    if (onClientChange === 'ignore' || device === deviceLabel(content.device.userAgent)) return;
    const report = `${record.id} ${device}`;
    if (!this.reported.get(report)) {
      this.reported.set(report, true);
      this.emit({
        type: 'client.changed',
        at: now,
        sessionId: record.id,
        userId: record.userId,
        address: client.address,
        device,
      });
    }
    if (onClientChange === 'report') return;
    await end(record);
    throw error;
  }

  private refusal<E extends Error>(sessionId: string, cause: RefusalCause, client: ClientContext, error: E): E {
    this.emit({ type: 'session.refused', at: this.clock.now(), sessionId, cause, address: client.address });
    return error;
  }
}

/** A token never carries more than the session was granted, and nothing that it does not name itself. */
function narrow(scope: string | undefined, granted: string | undefined): string {
  const allowed = new Set(granted?.split(' '));
  const named = scope?.split(' ') ?? [];
  return named.filter((value) => allowed.has(value)).join(' ');
}
