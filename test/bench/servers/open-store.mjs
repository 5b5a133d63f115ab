/**
 * A session store, counters beside it where it is a server, and how many statements it has sent by now where that is SQL. A driver is
 * loaded only where it is used: it is part of the time that a start takes.
 */
export async function openStore({ store, redisUrl, databaseUrl }) {
  const { openIn } = await import(`./store-in-${store}.mjs`);
  return openIn({ redisUrl, databaseUrl });
}
