import { median } from '../support/two-samples.mjs';
import { CaseServer } from './case-server.mjs';
import { chosenCases } from './cases.mjs';
import { decimal, table, whole } from './tables.mjs';

/** How long a process takes until it listens, with the library (sessions in memory) and without. */
export async function measureStartUp({ adapters, isQuick, rounds }) {
  const cases = chosenCases(['cookie-strict-memory'], adapters);
  const times = cases.map(() => []);
  for (let round = 0; round < (isQuick ? 1 : rounds); round += 1) {
    for (const [at, one] of cases.entries()) {
      const server = await CaseServer.start(one, { logins: 0 });
      times[at].push(server.said);
      await server.close();
    }
  }
  const rows = cases.map(({ name, adapter }, at) => {
    const of = (figure) => median(times[at].map((said) => said[figure]));
    return [`${name === 'bare' ? 'bare' : 'with the library'}, ${adapter}`, whole(of('started')), decimal(of('created'), 1)];
  });
  return table(
    'Start-up',
    ['', 'ms from the start of the process until it listens', 'of these, ms for Nest to make the application'],
    rows,
  );
}
