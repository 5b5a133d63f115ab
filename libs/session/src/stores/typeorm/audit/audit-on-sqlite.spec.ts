import { auditContract } from '../../../../spec/audit-contract.js';
import { SQLITE } from '../../../../spec/sql-databases.js';

auditContract(SQLITE);
