import { describe } from '@jest/globals';
import { SQLITE } from '../../../spec/sql-databases.js';
import { sqlStoreContract } from '../../../spec/sql-store-contract.js';

describe('TypeOrmSessionStore on sqlite', () => {
  sqlStoreContract(SQLITE, 50);
});
