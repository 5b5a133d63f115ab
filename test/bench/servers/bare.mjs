import { USER } from '../user.mjs';
import { nestModule } from './nest-module.mjs';
import { meController } from './route.mjs';

/** Nest with nothing: what every other case is measured against. */
export async function open() {
  return { module: nestModule({ controllers: [meController({ answer: () => ({ ...USER }) })] }) };
}
