import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../dist/database/data-source.js';

/** The database in a file, as a host hands it to the command line. */
export const users = new DataSource(dataSourceOptions({ engine: 'embedded', file: process.env.USERS_FILE ?? '' }));
