import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/app-config.js';
import { SessionStores } from './session-stores.js';

/** Opens the store that holds the sessions. */
@Module({
  providers: [
    {
      provide: SessionStores,
      useFactory: ({ storage }: AppConfig, users: DataSource) => SessionStores.open(storage, users),
      inject: [AppConfig, DataSource],
    },
  ],
  exports: [SessionStores],
})
export class SessionStoresModule {}
