import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { SessionModule, SessionService } from 'nestjs-hybrid-session';
import { AdminModule } from './admin/admin.module.js';
import { auditLine } from './audit/audit-line.js';
import { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { MeModule } from './me/me.module.js';
import { PagesModule } from './pages/pages.module.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { SessionStores } from './sessions/session-stores.js';
import { SessionStoresModule } from './sessions/session-stores.module.js';
import { UserAccounts } from './users/user-accounts.js';
import { UsersModule } from './users/users.module.js';

/** The whole application. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(
    private readonly sessions: SessionService,
    private readonly stores: SessionStores,
  ) {}

  static of(config: AppConfig, audit: (line: string) => void): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        DatabaseModule,
        UsersModule,
        SessionStoresModule,
        SessionModule.forRootAsync({
          imports: [UsersModule, SessionStoresModule],
          inject: [AppConfig, UserAccounts, SessionStores],
          useFactory: ({ sessions }: AppConfig, accounts: UserAccounts, { store, counters }: SessionStores) => ({
            ...sessions,
            accounts,
            store,
            counters,
            onEvent: (event) => audit(auditLine(event)),
          }),
        }),
        MeModule,
        AdminModule,
        HealthModule,
        PagesModule,
      ],
      // The root's filter is the last that is asked: the library's own errors have found their filter before.
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }

  /** Nest calls this when the HTTP server has closed: nobody needs the store any more, but for writes still on their way. */
  async onApplicationShutdown(): Promise<void> {
    await this.sessions.settled();
    this.stores.close();
  }
}
