import type { EndReason } from '../../core/record/session-record.js';
import { serversOf } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { wordsOf } from './replies.js';
import { END, TELL_EVERYONE } from './session-scripts.js';

/**
 * Ends every session under this prefix; answers how many. Fences first: whoever logs in while the sessions are being ended has
 * logged in after the call began. Indexes stay, since one may just have been given a new session; they empty themselves.
 * @throws StoreUnavailableError
 */
export async function endEveryone(link: RedisLink, keys: RedisKeys, reason: EndReason): Promise<number> {
  await onEveryKey(link, keys.every('fences'), (key) => link.ask(() => link.commands.unlink(key)));
  return endCreatedUpTo(link, keys, reason, Number.MAX_SAFE_INTEGER);
}

/**
 * Ends every session that was created up to a time, in milliseconds since the Unix epoch; answers how many. No fence moves.
 * @throws StoreUnavailableError
 */
export async function endCreatedUpTo(link: RedisLink, keys: RedisKeys, reason: EndReason, time: number): Promise<number> {
  let ended = 0;
  await onEveryKey(link, keys.every('sessions'), async (key) => {
    const [outcome] = await link.run(END, [key], [reason, time], wordsOf);
    if (outcome === 'ended') ended += 1;
  });
  await link.run(TELL_EVERYONE, [], [keys.channel], String);
  return ended;
}

/** Goes through the keys of all primaries, one page after the other. */
async function onEveryKey(link: RedisLink, pattern: string, act: (key: string) => Promise<unknown>): Promise<void> {
  for (const server of await link.ask(() => serversOf(link.client))) {
    const pages = server.scanIterator({ MATCH: pattern, COUNT: 1_000 })[Symbol.asyncIterator]();
    for (;;) {
      const page = await link.once(() => pages.next());
      if (page.done) break;
      await Promise.all(page.value.map((key) => act(String(key))));
    }
  }
}
