import { SetMetadata } from '@nestjs/common';

/** @internal */
export const ALLOW_CHANGED_CLIENT = Symbol.for('nestjs-hybrid-session:allow-changed-client');

/**
 * Lets a session pass whose client has changed and must prove itself again (`onClientChange: stepUp`): for the route where it does so,
 * such as a second factor of the host's. Every other guarded route refuses it.
 */
export const AllowChangedClient = (): MethodDecorator & ClassDecorator => SetMetadata(ALLOW_CHANGED_CLIENT, true);
