/** How the program is used. */
export const USAGE = `Usage: nestjs-hybrid-session <command>

  init                  writes the keys of a new application to .env, and says what to paste
                                                [--file .env.production]

  sessions list <user>        the live sessions of a user, by the id that Accounts gives
  sessions explain <id>       why a session is refused, or that it is not
  sessions revoke <id>        ends a session
  sessions revoke-all <user>  ends all sessions of a user, every login under way, and former sessions
                                                [--store redis|journal|sql] [--prefix nhs]

  keys list             every signing key in the database, and what it is used for
  keys create           the first key           [--algorithm Ed25519|ES256|RS256]
  keys rotate           another key signs, in ten minutes; --at-once: in one minute
                                                [--algorithm ...] [--at-once]
  keys retire <kid>     nothing that this key signed is believed any more

The database is the one of DATABASE_URL, or the DataSource that a module exports: --data-source dist/data-source.js
Sessions are in the Redis of REDIS_URL, else in that database; with both, in Redis with the journal in the database.
Former sessions (of express-session) are in the Redis of FORMER_REDIS_URL, else in that of REDIS_URL.
SESSION_KEYS are those of the application, for sessions PUBLIC_URL and SESSION_SLOT_SECRET too. All may stand in .env.

Ends with 0 when it is done, 1 when it could not be, 2 when it was asked for in the wrong way.`;

/** A command line that nobody can make sense of. */
export class UsageError extends Error {}
