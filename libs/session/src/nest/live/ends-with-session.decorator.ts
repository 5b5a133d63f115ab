import { SetMetadata } from '@nestjs/common';

/** @internal */
export const ENDS_WITH_SESSION = Symbol.for('nestjs-hybrid-session:ends-with-session');

/**
 * Breaks off the answer of a route as soon as the session ends that asked for it: for long polls, exports and other answers that take their
 * time. Routes with `@Sse()` do so without it.
 */
export const EndsWithSession = (): MethodDecorator & ClassDecorator => SetMetadata(ENDS_WITH_SESSION, true);
