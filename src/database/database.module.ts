import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from '../config/app-config.js';
import { dataSourceOptions, openDatabase } from './data-source.js';

/** The database of the application. At start it is waited for, for about half a minute; then the start has failed. */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: ({ storage }: AppConfig) => ({ ...dataSourceOptions(storage.database), retryAttempts: 10, retryDelay: 3_000 }),
      dataSourceFactory: (options) => {
        if (!options) throw new Error('TypeORM asks for a data source without options.');
        return openDatabase(options);
      },
    }),
  ],
})
export class DatabaseModule {}
