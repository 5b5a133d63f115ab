import { JournalHead } from './journal-head.entity.js';
import { JournalRow } from './journal-row.entity.js';

/** The entities of the journal, for the `entities` of the data source that it is given. */
export const journalEntities = [JournalRow, JournalHead];
