import type { SignalOutbox } from '../ports/signal-outbox.js';
import type { SecurityEventName } from './security-events.js';

/** Where signals are pushed to (RFC 8935). */
export interface PushReceiver {
  /** `https://…`; the receiver's own. Redirects are not followed. */
  readonly url: string;
  /** What the `Authorization` header of each delivery says, as agreed with the receiver: `Bearer …`. */
  readonly authorization?: string;
}

/** What one receiver is told, and how (SSF 1.0 §8.1.1). */
export interface SignalStream {
  /** Names the stream, here and to the receiver: 1 to 64 of `A-Z a-z 0-9 . _ -`. A new name is a new stream. */
  readonly id: string;
  /** Who the tokens are for: the `aud` that the receiver expects. */
  readonly audience: string;
  /**
   * The registered, confidential client that the receiver is. It may read how the stream is set up and have it verified, and where nothing is
   * pushed it fetches its signals (RFC 8936).
   */
  readonly client?: string;
  /** Default: nothing is pushed, the client polls. */
  readonly push?: PushReceiver;
  /** What is told. Default: all. */
  readonly events?: readonly SecurityEventName[];
}

/** Telling others that sessions have ended and passwords changed: OpenID CAEP over the Shared Signals Framework. */
export interface SignalsOptions {
  /** Beside the audit trail, which has to be one of the `audit` sinks: what the trail holds is what is told. */
  readonly outbox: SignalOutbox;
  readonly streams: readonly SignalStream[];
  /** Types of audit entries of the host's own that mean a new password as well: of a reset by an administrator, say. Default: none. */
  readonly passwordChanges?: readonly string[];
  /** Milliseconds for which a signal is kept that its receiver does not take. Default: 7 days. */
  readonly keep?: number;
}

/** Fits the columns of a database, a URL and a log. */
const STREAM_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** What of the other options the streams have to agree with. */
interface Surroundings {
  readonly production: boolean;
  /** Ids of the confidential clients. */
  readonly confidential: ReadonlySet<string>;
  /** Whether there is an audit trail. */
  readonly isAudited: boolean;
}

/** What is wrong with the streams, as sentences that name the cure. */
export function signalsFaults(
  { streams, keep }: SignalsOptions,
  { production, confidential, isAudited }: Surroundings,
): string[] {
  const ids = streams.map(({ id }) => id);
  return [
    ...(isAudited
      ? []
      : [
          'signals: they come from the audit trail, and there is none: give audit the TypeOrmAuditTrail of the same data source.',
        ]),
    ...(new Set(ids).size < ids.length ? ['signals.streams: each needs an id of its own.'] : []),
    ...(keep === undefined || (Number.isSafeInteger(keep) && keep > 0)
      ? []
      : [`signals.keep must be milliseconds above 0, not ${keep}.`]),
    ...streams.flatMap((stream) => {
      const name = `signals.streams "${stream.id}"`;
      return [
        ...(STREAM_ID.test(stream.id) ? [] : [`${name}: the id must be 1 to 64 of A-Z a-z 0-9 . _ -.`]),
        ...(stream.audience ? [] : [`${name}: the audience is missing: give what the receiver expects as aud.`]),
        ...(stream.client !== undefined && !confidential.has(stream.client)
          ? [`${name}: the client "${stream.client}" is not a registered one with a secret or keys: add it to clients.`]
          : []),
        ...(stream.events?.length === 0
          ? [`${name}: it is told nothing: leave events out for all, or leave the stream out.`]
          : []),
        ...(stream.push ? pushFaults(stream.push, name, production) : []),
        ...(!stream.push && stream.client === undefined
          ? [`${name}: nobody would get its signals: give push, or the client that polls.`]
          : []),
      ];
    }),
  ];
}

function pushFaults({ url, authorization }: PushReceiver, name: string, production: boolean): string[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isSound = parsed && (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && !production));
  return [
    ...(isSound && !parsed.username && !parsed.password && !parsed.hash
      ? []
      : [`${name}: push.url must be an https URL without a name, a password or a fragment.`]),
    ...(authorization === undefined || /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(authorization)
      ? []
      : [`${name}: push.authorization must be what a header can say: visible ASCII.`]),
  ];
}
