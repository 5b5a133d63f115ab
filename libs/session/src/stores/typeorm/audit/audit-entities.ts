import { AuditHead } from './audit-head.entity.js';
import { AuditRow } from './audit-row.entity.js';

/** The entities of the audit trail, for the `entities` of the data source that it is given. */
export const auditEntities = [AuditRow, AuditHead];
