import { SetMetadata } from '@nestjs/common';
import type { Revocation } from '../../core/revocation/freshness.js';

/** @internal */
export const REVOCATION_MODE = Symbol.for('nestjs-hybrid-session:revocation-mode');

/**
 * Overrides the module's `revocation` for a route or a controller (design §7): `@RevocationMode('strict')` where a session that
 * just ended must not pass, `@RevocationMode({ within: 2000 })` where milliseconds may go by. Routes with `@RequireRecentAuth()`
 * are always strict.
 */
export const RevocationMode = (mode: Revocation): MethodDecorator & ClassDecorator => SetMetadata(REVOCATION_MODE, mode);
