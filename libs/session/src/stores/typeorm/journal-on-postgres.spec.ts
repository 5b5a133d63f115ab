import { journalContract } from '../../../spec/journal-contract.js';
import { POSTGRES } from '../../../spec/sql-databases.js';

journalContract(POSTGRES);
