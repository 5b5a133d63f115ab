import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdapterName } from '../support/host-app.js';
import { type Crashes, CrashSite, isCrash } from './crash-site.js';
import { changePassword, expectChanged, expectUnchanged, isChanged } from './password-change.js';
import { expectGoesOn, refresh } from './refresh.js';

/** Milliseconds for hundreds of processes that start, on a machine that has other things to do. */
const PATIENCE = 300_000 * Number(process.env['CRASH_ROUNDS'] ?? 1);

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
    it(
      'has happened or has not: once it is committed, nothing of before it works any more; if it is not, everything does',
      async () => {
        const lags: number[] = [];
        let unchanged = 0;
        const crashes = await site.atEachStep(changePassword, async (person) => {
          if (await isChanged(site, person)) lags.push(await expectChanged(person));
          else {
            await expectUnchanged(person);
            unchanged += 1;
          }
        });
        expect(untried(crashes)).toEqual([]);
        expect(unchanged).toBeGreaterThan(0);
        expect(lags.length).toBeGreaterThan(0);
        const [longest, relayed] = [Math.max(...lags), await site.survivor.relayLag()];
        figures.push(
          `${inWords('password change', crashes)}. ${unchanged} changes were not committed, ${lags.length} were: their sessions were over at most ${longest.toFixed(0)} ms later (relay: ${relayed} ms)`,
        );
      },
      PATIENCE,
    );
  });

  describe('a refresh', () => {
    it(
      'logs nobody out: the next try of the same client goes on, with one successor',
      async () => {
        const crashes = await site.atEachStep(refresh, expectGoesOn);
        expect(untried(crashes)).toEqual([]);
        figures.push(inWords('refresh', crashes));
      },
      PATIENCE,
    );
  });
}

/**
 * The crashes at which nobody died: of those up to the commit there must be none, since they are the same for everybody, nor may it be the
 * answer. After the commit the other instance may be the quicker one, and some of the rest is done by it.
 */
function untried({ steps, kills }: Crashes): readonly string[] {
  const nameOf = (step: string, nth: number) => `${step} (${nth})`;
  const tried = new Set(kills.map(({ step, nth }) => nameOf(step, nth)));
  const commit = steps.indexOf('sql COMMIT');
  return steps.flatMap((step, at) => {
    const name = nameOf(step, steps.slice(0, at + 1).filter((one) => one === step).length);
    const isDemanded = step === 'answer' || (at <= commit && isCrash(steps, at));
    return isDemanded && !tried.has(name) ? [name] : [];
  });
}

/** How often something was interrupted, and where. */
function inWords(what: string, { kills }: Crashes): string {
  const counted = new Map<string, number>();
  for (const { step } of kills) counted.set(step, (counted.get(step) ?? 0) + 1);
  return `${what}: ${kills.length} kills (${[...counted].map(([step, count]) => `${count} at ${step}`).join(', ')})`;
}
