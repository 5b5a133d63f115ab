import { createHash } from 'node:crypto';
import type { FormerEndings } from '../../../core/ports/former-sessions.js';
import type { RedisLink } from '../redis-link.js';
import { LONGEST_COOKIE, NOTE } from './upgrade-scripts.js';

/** Not the prefix of connect-redis: whoever lists or clears the sessions there must meet no note. */
const PREFIX = 'nhs-former:ended:';

/**
 * Notes in the Redis of connect-redis that the sessions of a user, or all of them, have ended. Those of an application hold for its
 * own sessions there; those of nobody's, which the command line leaves, for the sessions of every application in that Redis.
 */
export class EndedNotes implements FormerEndings {
  /** @param application whose sessions are meant: the prefix that connect-redis has there */
  constructor(
    private readonly link: RedisLink,
    private readonly application?: string,
  ) {}

  async endAllOf(userId?: string): Promise<void> {
    await this.link.run(NOTE, [keyOf(userId, this.application)], [LONGEST_COOKIE], () => undefined);
  }

  async hasEnded(userId: string): Promise<boolean> {
    const { commands } = this.link;
    const keys = [keyOf(userId, this.application), keyOf(undefined, this.application), keyOf(userId, undefined)];
    const notes = await this.link.ask(() => Promise.all(keys.map((key) => commands.get(key))));
    return notes.some((note) => note !== null);
  }
}

/** User ids are hashed, since they may be anything. */
function keyOf(userId: string | undefined, application: string | undefined): string {
  const who = userId === undefined ? 'everyone' : createHash('sha256').update(userId).digest('base64url');
  return application === undefined ? PREFIX + who : `${PREFIX}${who}@${application}`;
}
