import { CreateJournal1764100000000 } from './create-journal.migration.js';

/** The migrations of the journal, for the `migrations` of the data source that it is given. */
export const journalMigrations = [CreateJournal1764100000000];
