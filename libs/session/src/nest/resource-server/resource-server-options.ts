import { InvalidOptionsError } from '../../core/errors.js';
import type { SessionEventListener } from '../../core/events.js';
import { liveFaults } from '../../core/options/live-faults.js';
import { minutes } from '../../core/options/durations.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Counters } from '../../core/ports/counters.js';
import type { AddressOf } from '../live/address-of.js';
import type { Issuer } from '../../core/ports/issuer.js';
import type { Stopwatch } from '../../core/ports/stopwatch.js';

/** What a service chooses that only verifies tokens. Validated once, at boot; every fault is reported together. Durations are milliseconds. */
export interface ResourceServerOptions {
  /** The `publicUrl` of the application that issues the tokens. */
  readonly issuer: string;
  /** Who tokens must be for: the `audience` of that application. Default: its `publicUrl`, as there. */
  readonly audience?: string;
  /** As what this service asks the issuer: a confidential client that is registered there. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Where clients reach this service: what the proofs of bound tokens are made for (RFC 9449). Needed for those alone. */
  readonly publicUrl?: string;
  /**
   * For how long the issuer's word counts that a session lives, from when it was asked: a revocation holds here no later. What may change
   * something is always asked anew, unless the route has `@RevocationMode`. Default: 0, each request asks.
   */
  readonly within?: number;
  /** How old an authentication may be for `@RequireRecentAuth()`. Default: 10 minutes. */
  readonly recentAuthentication?: number;
  /** Forgiven clock difference to the issuer at the edges of a token. Default: 5 seconds. */
  readonly clockTolerance?: number;
  /** How long a question to the issuer may take. Default: 2 seconds. */
  readonly deadline?: number;
  /** Guards every route of the application; `@Public()` opens single ones. Default: false. */
  readonly guard?: boolean;
  /** Remembers which proofs were used. Default: in the memory of this process; several instances that share them let none pass twice. */
  readonly counters?: Counters;
  /** Takes each event as it happens. */
  readonly onEvent?: SessionEventListener;
  /** Tightens the checks on these options. Default: whether `NODE_ENV` is `production`. */
  readonly production?: boolean;
  /** How long a live connection may outlast its session: the issuer is asked about each half as often. 1 second to 1 minute. Default: 5 seconds. */
  readonly liveWithin?: number;
  /** Where a handshake of a socket comes from, behind a proxy. Default: the peer of the connection. */
  readonly addressOf?: AddressOf;
  /** Another way to the issuer than HTTP. */
  readonly link?: Issuer;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly stopwatch?: Stopwatch;
}

/** @throws InvalidOptionsError with every fault at once */
export function resolveResourceServer(options: ResourceServerOptions) {
  const issuer = speltAsInTokens(options.issuer);
  const { publicUrl = issuer, audience = issuer, within = 0, deadline = 2_000, clockTolerance = 5_000 } = options;
  const production = options.production ?? process.env['NODE_ENV'] === 'production';
  const recentAuthentication = options.recentAuthentication ?? minutes(10);
  const faults = [
    ...urlFaults('issuer', issuer, production),
    ...urlFaults('publicUrl', publicUrl, production),
    ...(options.client?.id && options.client.secret
      ? []
      : ['client has no id or no secret: register one at the issuer, and give both.']),
    ...(isDuration(within) ? [] : [`within must be milliseconds of 0 or more, not ${within}.`]),
    ...(isDuration(recentAuthentication) ? [] : [`recentAuthentication must be milliseconds, not ${recentAuthentication}.`]),
    ...liveFaults(options.liveWithin),
    ...(isDuration(deadline) && deadline > 0 ? [] : [`deadline must be milliseconds above 0, not ${deadline}.`]),
    ...(isDuration(clockTolerance) && clockTolerance <= minutes(5)
      ? []
      : [`clockTolerance must be 0 to ${minutes(5)} ms, not ${clockTolerance}.`]),
  ];
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return { issuer, publicUrl, audience, within, deadline, clockTolerance, recentAuthentication };
}

/** As the application itself spells it. One that is missing from the environment is a fault among the others, not a crash. */
function speltAsInTokens(issuer: unknown): string {
  return typeof issuer === 'string' ? issuer.replace(/\/$/, '') : '';
}

function urlFaults(name: string, text: string, production: boolean): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || /[?#]/.test(text))
    return [`${name} "${text}" is not the URL of an application: write it as https://app.example.`];
  return production && url.protocol !== 'https:' ? [`${name} "${text}" must be https in production.`] : [];
}

function isDuration(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
