import { SetMetadata } from '@nestjs/common';

/** @internal */
export const FORBID_IMPERSONATION = Symbol.for('nestjs-hybrid-session:forbid-impersonation');

/**
 * Refuses whoever acts for a user (`SessionService.impersonate`): the route is for the user himself. Routes with
 * {@link RequireRecentAuth} or {@link RequireAcr} are so without it.
 */
export const ForbidImpersonation = (): MethodDecorator & ClassDecorator => SetMetadata(FORBID_IMPERSONATION, true);
