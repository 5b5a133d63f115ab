import { SetMetadata } from '@nestjs/common';

/** @internal */
export const REQUIRED_SCOPES = Symbol.for('nestjs-hybrid-session:required-scopes');

/**
 * The route needs all of these scopes (RFC 6749 §3.3), of the session and of the token that is presented: a token may have fewer
 * than its session, never more. A session without scopes, such as a plain browser login, has none of them. Works together with a
 * session guard. On a method it stands in the place of what its class asks for.
 * @throws TypeError at start, for no scope, or one that a challenge could not carry
 */
export const RequireScopes = (...scopes: readonly string[]): MethodDecorator & ClassDecorator => {
  const wrong = scopes.find((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope));
  if (scopes.length === 0 || wrong !== undefined)
    throw new TypeError(`RequireScopes: "${wrong ?? ''}" is no scope: write visible ASCII without quote and backslash.`);
  return SetMetadata(REQUIRED_SCOPES, scopes);
};
