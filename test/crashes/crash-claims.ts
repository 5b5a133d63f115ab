import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdapterName } from '../support/host-app.js';
import { CrashSite, type Person } from './crash-site.js';
import type { CrashPoint } from './instance-process.js';
import { changePassword, expectChanged, expectUnchanged, isChanged } from './password-change.js';
import { expectGoesOn, refresh } from './refresh.js';

/** Milliseconds for hundreds of processes that start, on a machine that has other things to do. */
const PATIENCE = 300_000 * Number(process.env['CRASH_ROUNDS'] ?? 1);

/** Each takes its share of the steps, one after the other: no test should take as long as all of them do. */
const SHARES = [0, 1, 2, 3];

/** What holds however an instance dies, at whichever step of a password change or of a refresh. */
export function crashClaims(sessions: 'redis' | 'database', adapter: AdapterName): void {
  let site: CrashSite;
  const figures: string[] = [];

  beforeAll(async () => {
    site = await CrashSite.open(sessions, adapter);
  }, 60_000);
  afterAll(async () => {
    process.stdout.write(`${figures.join('\n')}\n`);
    await site.close();
  });

  describe('a password change', () => {
    const kills: CrashPoint[] = [];
    const lags: number[] = [];
    let unchanged = 0;

    it.each(SHARES)(
      'has happened or has not: once it is committed, nothing of before it works any more; if it is not, everything does (share %d of the steps)',
      async (share) => {
        const look = async (person: Person) => {
          if (await isChanged(site, person)) lags.push(await expectChanged(person));
          else {
            await expectUnchanged(person);
            unchanged += 1;
          }
        };
        const crashes = await site.atEachStep(changePassword, look, share, SHARES.length);
        kills.push(...crashes.kills);
        expect(crashes.missed).toEqual([]);
        expect(crashes.kills).not.toEqual([]);
      },
      PATIENCE,
    );

    // Of the crashes of all shares together: it says nothing when it is run alone.
    it('was committed before some crashes, and was not before others', async () => {
      expect(unchanged).toBeGreaterThan(0);
      expect(lags.length).toBeGreaterThan(0);
      const [longest, relayed] = [Math.max(...lags), await site.survivor.relayLag()];
      figures.push(
        `${inWords('password change', kills)}. ${unchanged} changes were not committed, ${lags.length} were: their sessions were over at most ${longest.toFixed(0)} ms later (relay: ${relayed} ms)`,
      );
    });
  });

  describe('a refresh', () => {
    it(
      'logs nobody out: the next try of the same client goes on, with one successor',
      async () => {
        const { kills, missed } = await site.atEachStep(refresh, expectGoesOn, 0, 1);
        expect(missed).toEqual([]);
        figures.push(inWords('refresh', kills));
      },
      PATIENCE,
    );
  });
}

/** How often something was interrupted, and where. */
function inWords(what: string, kills: readonly CrashPoint[]): string {
  const counted = new Map<string, number>();
  for (const { step } of kills) counted.set(step, (counted.get(step) ?? 0) + 1);
  return `${what}: ${kills.length} kills (${[...counted].map(([step, count]) => `${count} at ${step}`).join(', ')})`;
}
