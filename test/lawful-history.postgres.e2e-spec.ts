import { sqlHistoryClaims } from './history/sql-claims.js';

sqlHistoryClaims('PostgreSQL', 'postgres');
