import { describe } from '@jest/globals';
import { MARIADB } from '../../../spec/sql-databases.js';
import { sqlStoreContract } from '../../../spec/sql-store-contract.js';

describe('TypeOrmSessionStore on mariadb', () => {
  sqlStoreContract(MARIADB, 50);
});
