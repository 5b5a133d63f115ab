import { SetMetadata } from '@nestjs/common';

/** @internal */
export const REQUIRED_ACR = Symbol.for('nestjs-hybrid-session:required-acr');

/**
 * Step-up (RFC 9470, ASVS 10.3.4): the route needs a session whose authentication context class is one of these, told to the
 * client in this order of preference. They are names and nothing more: where `aal3` will do as well as `aal2`, name both. Works
 * together with a session guard.
 * @throws TypeError at start, for no name, or one that a challenge could not carry
 */
export const RequireAcr = (...values: readonly string[]): MethodDecorator & ClassDecorator => {
  const wrong = values.find((value) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value));
  if (values.length === 0 || wrong !== undefined)
    throw new TypeError(`RequireAcr: "${wrong ?? ''}" is no context class: write visible ASCII without quote and backslash.`);
  return SetMetadata(REQUIRED_ACR, values);
};
