import { SetMetadata } from '@nestjs/common';

/** @internal */
export const RECENT_AUTH = Symbol.for('nestjs-hybrid-session:recent-auth');

/**
 * Step-up (RFC 9470, ASVS 7.5.1): the route needs an authentication not older than `maxAge` milliseconds; default is
 * `lifetimes.recentAuthentication`. Works together with a session guard, and with {@link RequireAcr}: then both must hold.
 */
export const RequireRecentAuth = (maxAge?: number): MethodDecorator & ClassDecorator => SetMetadata(RECENT_AUTH, { maxAge });

/** @internal */
export interface RecentAuthRequirement {
  readonly maxAge: number | undefined;
}
