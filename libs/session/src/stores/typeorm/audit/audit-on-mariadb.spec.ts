import { auditContract } from '../../../../spec/audit-contract.js';
import { MARIADB } from '../../../../spec/sql-databases.js';

auditContract(MARIADB);
