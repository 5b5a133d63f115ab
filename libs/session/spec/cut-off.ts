import { setTimeout as wait } from 'node:timers/promises';
import type { SessionStore } from '../src/core/ports/session-store.js';

/** What a reader saw that stayed with a primary while another took its place. */
export interface Sighting {
  /** How many reads were answered with the session before it was ended. */
  readonly before: number;
  /** How many of those sent after it was ended were still answered with it. */
  readonly after: number;
  /** Milliseconds from the moment the revocation had returned until the last read was sent that was answered with the session. */
  readonly latest: number;
  /** Milliseconds until the first read of those sent after the revocation was refused. */
  readonly refusedAfter: number;
}

/**
 * Reads one session all the time while it is ended elsewhere, and until the bound has passed.
 * @param end cuts the reader's primary off, waits for the next one and ends the session there
 * @param bound milliseconds
 */
export async function watchWhileEnded(
  store: SessionStore,
  id: string,
  end: () => Promise<void>,
  bound: number,
): Promise<Sighting> {
  const reads: { readonly sentAt: number; readonly answer: 'session' | 'none' | 'refused' }[] = [];
  let endedAt = Number.POSITIVE_INFINITY;
  const reading = (async () => {
    while (performance.now() < endedAt + bound + 1_000) {
      const sentAt = performance.now();
      const answer = await store.find([id]).then(
        ([record]) => (record ? 'session' : 'none'),
        () => 'refused' as const,
      );
      reads.push({ sentAt, answer });
      await wait(2);
    }
  })();
  await end();
  endedAt = performance.now();
  await reading;
  const seen = reads.filter(({ answer }) => answer === 'session').map(({ sentAt }) => sentAt - endedAt);
  const refusedAt = reads.find(({ answer, sentAt }) => answer !== 'session' && sentAt >= endedAt)?.sentAt;
  return {
    before: seen.filter((at) => at < 0).length,
    after: seen.filter((at) => at >= 0).length,
    latest: Math.max(...seen),
    refusedAfter: (refusedAt ?? Number.POSITIVE_INFINITY) - endedAt,
  };
}
