import { CreateSessions1764000000000 } from './create-sessions.migration.js';

/** The migrations of the store and the counters, for the `migrations` of the data source that they are given. */
export const sessionMigrations = [CreateSessions1764000000000];
