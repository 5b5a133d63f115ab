import { SetMetadata } from '@nestjs/common';

/** @internal */
export const PUBLIC = Symbol.for('nestjs-hybrid-session:public');

/** Opens a route (or a whole controller) to everyone: session guards let it pass without any look at the store. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
