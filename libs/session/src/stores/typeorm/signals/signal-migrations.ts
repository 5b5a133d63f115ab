import { CreateSignals1764500000000 } from './create-signals.migration.js';

/** The migrations of the signals, for the `migrations` of the data source that has those of the audit trail. */
export const signalMigrations = [CreateSignals1764500000000];
