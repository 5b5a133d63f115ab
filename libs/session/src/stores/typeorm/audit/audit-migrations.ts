import { CreateAudit1764300000000 } from './create-audit.migration.js';

/** The migrations of the audit trail, for the `migrations` of the data source that it is given. */
export const auditMigrations = [CreateAudit1764300000000];
