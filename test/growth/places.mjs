import { openPostgres } from './postgres-place.mjs';
import { openRedis } from './redis-place.mjs';

const ENGINES = { redis: openRedis, postgres: openPostgres };

/** An engine on which empty stores can be opened, each a place of its own. */
export async function openEngine(name) {
  const open = ENGINES[name];
  if (!open) throw new Error(`--store takes one of: ${Object.keys(ENGINES).join(', ')}.`);
  return open();
}
