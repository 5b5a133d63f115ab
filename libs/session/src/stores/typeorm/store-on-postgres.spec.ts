import { describe } from '@jest/globals';
import { POSTGRES } from '../../../spec/sql-databases.js';
import { sqlStoreContract } from '../../../spec/sql-store-contract.js';

describe('TypeOrmSessionStore on postgres', () => {
  sqlStoreContract(POSTGRES, 200);
});
