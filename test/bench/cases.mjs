const ADAPTERS = ['fastify', 'express'];

/** What every case is measured against, on the same adapter and in the same round. */
export const BARE = 'bare';

const bare = { name: BARE, server: './bare.mjs', adapters: ADAPTERS };

const ours = ['cookie', 'token'].flatMap((credential) =>
  ['memory', 'redis', 'sql'].flatMap((store) =>
    ['strict', { within: 1_000 }].map((revocation) => ({
      name: `${credential}-${revocation === 'strict' ? 'strict' : 'within'}-${store}`,
      server: './ours.mjs',
      adapters: ADAPTERS,
      credential,
      revocation,
      store,
    })),
  ),
);

/** What is used today. `isPeer`: of packages that only the bench installs. */
const others = [
  { name: 'jose-denylist', server: './jose-denylist.mjs', adapters: ADAPTERS },
  { name: 'express-session', server: '../peers/express-session.mjs', adapters: ['express'], isPeer: true },
  { name: 'passport-jwt', server: '../peers/passport-jwt.mjs', adapters: ['express'], store: 'memory', isPeer: true },
  { name: 'better-auth', server: '../peers/better-auth.mjs', adapters: ['express'], isPeer: true },
  { name: 'fastify-session', server: '../peers/fastify-session.mjs', adapters: ['fastify'], isPeer: true },
];

/** The least that any guard costs: one that asks nobody. */
const emptyGuard = { name: 'empty-guard', server: './empty-guard.mjs', adapters: ADAPTERS };

/** The least that a guard costs which asks Redis at each request. */
const redisGuard = { name: 'redis-guard', server: './redis-guard.mjs', adapters: ADAPTERS };

const ALL = [bare, emptyGuard, redisGuard, ...ours, ...others];

/**
 * The cases that were asked for, each once for each adapter, and beside them the bare route of each of these.
 * @param {readonly string[]} names of cases, or how such a name begins; none asks for all
 * @param {readonly string[]} adapters
 */
export function chosenCases(names, adapters) {
  const unknown = names.filter((name) => !ALL.some((one) => isNamed(one, name)));
  if (unknown.length > 0)
    throw new Error(`No case is called ${unknown.join(' or ')}. There are: ${ALL.map(({ name }) => name).join(', ')}.`);
  const unheard = adapters.filter((adapter) => !ADAPTERS.includes(adapter));
  if (unheard.length > 0) throw new Error(`--adapters takes some of: ${ADAPTERS.join(', ')}.`);
  const chosen = ALL.filter((one) => one === bare || names.length === 0 || names.some((name) => isNamed(one, name)));
  return adapters.flatMap((adapter) =>
    chosen.filter((one) => one.adapters.includes(adapter)).map((one) => ({ ...one, adapter })),
  );
}

function isNamed(one, name) {
  return one.name === name || one.name.startsWith(`${name}-`);
}
