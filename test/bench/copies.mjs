import { Child } from './child.mjs';
import { decimal, table, whole } from './tables.mjs';

/** As many as an instance keeps. */
const COPIES = 20_000;

/** What an instance that may answer from copies keeps in its memory of the sessions that it has seen. */
export async function measureCopies({ isQuick }) {
  const sessions = isQuick ? 500 : COPIES;
  const rows = [];
  for (const credential of ['cookie', 'token']) {
    const child = new Child('servers/copies.mjs', [JSON.stringify({ credential, sessions })], { flags: ['--expose-gc'] });
    const { bytes } = await child.says();
    await child.close();
    rows.push([credential, whole(bytes / sessions), decimal((bytes / sessions) * 0.1, 1)]);
  }
  const title = 'Heap for copies of records, and for whatever else a request leaves behind';
  const note = `Of ${sessions.toLocaleString('en')} sessions. An instance keeps copies of 20,000 at the most: 100,000 are told by multiplication`;
  return [table(title, ['credential', 'bytes per session', 'MB per 100,000'], rows), note].join('\n');
}
