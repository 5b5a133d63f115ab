import { Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { SessionStores } from './session-stores.js';

/** Opens the store that holds the sessions. */
@Module({
  providers: [
    { provide: SessionStores, useFactory: ({ storage }: AppConfig) => SessionStores.open(storage.sessions), inject: [AppConfig] },
  ],
  exports: [SessionStores],
})
export class SessionStoresModule {}
