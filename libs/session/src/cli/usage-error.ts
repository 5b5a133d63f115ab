/** How the program is used. */
export const USAGE = `Usage: nestjs-hybrid-session keys <command>

  keys list             every signing key in the database, and what it is used for
  keys create           the first key           [--algorithm Ed25519|ES256|RS256]
  keys rotate           another key signs, in ten minutes; --at-once: in one minute
                                                [--algorithm ...] [--at-once]
  keys retire <kid>     nothing that this key signed is believed any more

The database is the one of DATABASE_URL, or the DataSource that a module exports: --data-source dist/data-source.js
SESSION_KEYS are those of the application. Both may stand in .env.`;

/** A command line that nobody can make sense of. */
export class UsageError extends Error {}
