import { sqlHistoryClaims } from './history/sql-claims.js';

sqlHistoryClaims('MariaDB', 'mariadb');
