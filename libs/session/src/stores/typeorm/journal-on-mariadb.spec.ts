import { journalContract } from '../../../spec/journal-contract.js';
import { MARIADB } from '../../../spec/sql-databases.js';

journalContract(MARIADB);
