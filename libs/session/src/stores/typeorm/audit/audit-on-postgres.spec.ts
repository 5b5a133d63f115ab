import { auditContract } from '../../../../spec/audit-contract.js';
import { POSTGRES } from '../../../../spec/sql-databases.js';

auditContract(POSTGRES);
