import { SetMetadata } from '@nestjs/common';

/** @internal */
export const CSRF_EXEMPT = Symbol.for('nestjs-hybrid-session:csrf-exempt');

/**
 * Asks for no CSRF token on a route, or a whole controller, whose callers cannot send one: `navigator.sendBeacon`, the form of a page
 * that is cached. Where the request comes from is judged all the same, as at a login: nothing from another site, and nothing but
 * JSON where no browser named an origin. The reason is said at every start.
 * @throws TypeError when the class is loaded, for an empty reason
 */
export const CsrfExempt = (reason: string): MethodDecorator & ClassDecorator => {
  if (reason.trim() === '') throw new TypeError('CsrfExempt: say why this route can do without a CSRF token.');
  return SetMetadata(CSRF_EXEMPT, reason);
};
