import { ImpersonationForbiddenError } from '../access-errors.js';
import type { Session } from '../session.js';

/**
 * What only the user may do: whoever acts for him is refused. Asked where credentials are made or changed, and where other sessions
 * are ended.
 * @throws ImpersonationForbiddenError
 */
export function refuseImpersonated({ actor }: Pick<Session, 'actor'>): void {
  if (actor) throw new ImpersonationForbiddenError();
}
