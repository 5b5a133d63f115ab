import { journalContract } from '../../../spec/journal-contract.js';
import { SQLITE } from '../../../spec/sql-databases.js';

journalContract(SQLITE);
