import { median } from '../support/two-samples.mjs';
import { Child } from './child.mjs';
import { Stores } from './stores.mjs';
import { decimal, table } from './tables.mjs';

const ROUNDS = 40;
const MODES = { strict: 'strict', within: { within: 1_000 } };

/** What the guard itself takes of the CPU. Of a machine that is shared the quickest round says most. */
export async function measureGuard({ cores, isQuick }) {
  const stores = new Stores(cores);
  const rows = [];
  try {
    await stores.open({ redis: true, sql: false });
    for (const credential of isQuick ? ['cookie'] : ['cookie', 'token'])
      for (const store of isQuick ? ['redis'] : ['memory', 'redis'])
        for (const [mode, revocation] of Object.entries(MODES)) {
          const settings = { credential, store, revocation, rounds: isQuick ? 2 : ROUNDS, ...stores.urls };
          const child = new Child('servers/guard.mjs', [JSON.stringify(settings)], { cores });
          const { figures } = await child.says();
          await child.close();
          rows.push([`${credential}-${mode}-${store}`, decimal(Math.min(...figures), 2), decimal(median(figures), 2)]);
        }
  } finally {
    await stores.close();
  }
  const title = 'The guard alone, per request that it lets pass, in the process of the server';
  return table(title, ['case', 'CPU µs, the quickest round', 'the middle one'], rows);
}
