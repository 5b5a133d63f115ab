import { resolveOptions } from '../core/options/resolve-options.js';
import { createSessionCore, type SessionCore } from '../core/session-core.js';
import { makeSigningKey } from '../core/tokens/stored-keys/make-signing-key.js';
import type { OpenedStore } from './opened-store.js';
import { UsageError } from './usage-error.js';

/** How the command line is told where sessions are. */
export interface StoreOptions {
  readonly store?: string | undefined;
  readonly prefix?: string | undefined;
  readonly 'data-source'?: string | undefined;
}

const PLACES = ['redis', 'journal', 'sql'] as const;
type Place = (typeof PLACES)[number];

/** The variable that names the Redis where former sessions lie; `undefined`: no Redis was named at all. */
export function formerVariableOf(environment: NodeJS.ProcessEnv): 'FORMER_REDIS_URL' | 'REDIS_URL' | undefined {
  return (['FORMER_REDIS_URL', 'REDIS_URL'] as const).find((name) => environment[name]);
}

/**
 * Opens the sessions of an application, under its keys. `close` waits for what is still to be written.
 * @throws UsageError where it cannot be known which application is meant
 * @throws InvalidOptionsError, StoreUnavailableError
 */
export async function openSessions(
  options: StoreOptions,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly core: SessionCore; readonly close: () => Promise<void> }> {
  const place = placeOf(options, environment);
  const identity = identityOf(environment);
  // A key that signs nothing: what is known by these keys alone needs none, and the core wants one.
  const resolved = resolveOptions({ ...identity, signingKeys: [await makeSigningKey('Ed25519')], production: false });
  const opened = await open(place, options, environment, identity.keys);
  try {
    const core = await createSessionCore(resolved, { ...opened, formerEndings: await formerEndingsOf(environment) });
    const close = async () => {
      await core.sessions.settled();
      await core.audit.close();
      await opened.close();
    };
    return { core, close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** A slot that is not the application's finds nobody's sessions, and would say so of a user who has some. */
function identityOf(environment: NodeJS.ProcessEnv) {
  const { SESSION_KEYS: keys, PUBLIC_URL: publicUrl, SESSION_SLOT_SECRET: slotSecret } = environment;
  if (!keys) throw new UsageError('SESSION_KEYS is not set: the keys of the application are needed.');
  if (!publicUrl && !slotSecret)
    throw new UsageError('Set PUBLIC_URL, or SESSION_SLOT_SECRET where the application has one: sessions are found by it.');
  return {
    publicUrl: publicUrl ?? 'http://localhost',
    keys: keys.split(',').map((key) => key.trim()),
    ...(slotSecret ? { slotSecret } : {}),
  };
}

function placeOf(
  { store, 'data-source': module }: StoreOptions,
  { REDIS_URL: redis, DATABASE_URL: database }: NodeJS.ProcessEnv,
) {
  const named = PLACES.find((place) => place === store);
  if (store !== undefined && !named) throw new UsageError(`--store ${store} is not one of ${PLACES.join(', ')}.`);
  const hasSql = Boolean(database ?? module);
  const place: Place | undefined = named ?? (redis ? (hasSql ? 'journal' : 'redis') : hasSql ? 'sql' : undefined);
  if (!place || (place !== 'sql' && !redis) || (place !== 'redis' && !hasSql))
    throw new UsageError('Set REDIS_URL, or DATABASE_URL, or both: sessions are looked for there.');
  return place;
}

/** Always where there is a Redis: whether the application exchanges former sessions cannot be seen from here. */
async function formerEndingsOf(environment: NodeJS.ProcessEnv) {
  const variable = formerVariableOf(environment);
  const url = variable && environment[variable];
  return url ? (await import('./open-former-endings.js')).openFormerEndings(url) : undefined;
}

async function open(
  place: Place,
  { 'data-source': module, prefix }: StoreOptions,
  { REDIS_URL: redis = '', DATABASE_URL: url }: NodeJS.ProcessEnv,
  keys: readonly string[],
): Promise<OpenedStore> {
  // Loaded only where they are meant: each needs a package that the host may not have.
  const sql = place === 'redis' ? undefined : await import('./open-sql-store.js');
  if (sql && place === 'sql') return sql.openSqlStore({ module, url, keys });
  const { openRedisStore } = await import('./open-redis-store.js');
  const journal = await sql?.openJournal({ module, url, keys });
  try {
    return await openRedisStore(redis, prefix, journal);
  } catch (error) {
    await journal?.close();
    throw error;
  }
}
