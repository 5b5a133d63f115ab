import { SetMetadata } from '@nestjs/common';
import { InvalidOptionsError } from '../../core/errors.js';
import { routeFaults, type RouteRevocation } from '../../core/revocation/freshness.js';

/** @internal */
export const REVOCATION_MODE = Symbol.for('nestjs-hybrid-session:revocation-mode');

/**
 * Overrides the module's `revocation` for a route or a controller (design §7): `@RevocationMode('strict')` where a session that
 * just ended must not pass, `@RevocationMode({ within: 2000 })` where milliseconds may go by. Routes with `@RequireRecentAuth()`
 * are always strict.
 *
 * `@RevocationMode({ within: 0, serveStale: seconds(30) })`, where an answer matters more than a revocation of the last half
 * minute: while the store cannot be asked, requests that only read are answered from a copy whose read was sent at most that long
 * ago, and not past the session's end. The handler sees `session.isStale`, the audit trail `session.served_stale`. Nothing is
 * minted from such a session, and it changes nothing: unsafe methods answer 503 as ever.
 * @throws InvalidOptionsError when the class is loaded
 */
export function RevocationMode(mode: RouteRevocation): MethodDecorator & ClassDecorator {
  const faults = routeFaults(mode);
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return SetMetadata(REVOCATION_MODE, mode);
}
