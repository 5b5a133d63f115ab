import {
  Module,
  type DynamicModule,
  type LoggerService,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Audit, NestLoggerAudit, SessionModule, SessionService } from 'nestjs-hybrid-session';
import { PrometheusTelemetry } from 'nestjs-hybrid-session/prometheus';
import { TypeOrmAuditTrail, TypeOrmSigningKeys } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { AdminModule } from './admin/admin.module.js';
import { APP_ACTS } from './audit/app-acts.js';
import { AuditModule } from './audit/audit.module.js';
import { signalsOf } from './audit/signals.js';
import { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { ConsoleModule } from './console/console.module.js';
import { FiguresModule } from './console/figures/figures.module.js';
import { InstanceFigures } from './console/figures/instance-figures.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { MeModule } from './me/me.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { PagesModule } from './pages/pages.module.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { SessionStores } from './sessions/session-stores.js';
import { SessionStoresModule } from './sessions/session-stores.module.js';
import { UserAccounts } from './users/user-accounts.js';
import { UsersModule } from './users/users.module.js';

/** The whole application. */
@Module({})
export class AppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly audit: Audit,
    private readonly sessions: SessionService,
    private readonly stores: SessionStores,
  ) {}

  static of(config: AppConfig, auditLog: LoggerService): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        DatabaseModule,
        UsersModule,
        SessionStoresModule,
        SessionModule.forRootAsync({
          imports: [UsersModule, SessionStoresModule, AuditModule, MetricsModule, FiguresModule],
          inject: [AppConfig, UserAccounts, SessionStores, TypeOrmAuditTrail, DataSource, PrometheusTelemetry, InstanceFigures],
          useFactory: (
            { sessions, signingKeysInDatabase, signalStreams, observability }: AppConfig,
            accounts: UserAccounts,
            { store, counters }: SessionStores,
            trail: TypeOrmAuditTrail,
            users: DataSource,
            metrics: PrometheusTelemetry,
            figures: InstanceFigures,
          ) => ({
            ...sessions,
            accounts,
            store,
            counters,
            audit: [new NestLoggerAudit(auditLog), trail],
            telemetry: observability.metrics === 'off' ? [figures] : [figures, metrics],
            ...(signalStreams.length > 0 ? { signals: signalsOf(signalStreams, users, sessions.keys) } : {}),
            ...(signingKeysInDatabase ? { signingKeyStore: new TypeOrmSigningKeys(users) } : {}),
          }),
        }),
        MeModule,
        AdminModule,
        HealthModule,
        MetricsModule,
        PagesModule,
        ConsoleModule,
        OpenApiModule.of(config),
      ],
      // The root's filter is the last that is asked: the library's own errors have found their filter before.
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }

  onApplicationBootstrap(): void {
    this.audit.record({ type: 'app.started', owasp: APP_ACTS['app.started'], outcome: 'success' });
  }

  /**
   * Nest calls this when the HTTP server has closed: nobody needs the store any more, but for writes still on their way. The audit
   * trail's are the last.
   */
  async onApplicationShutdown(): Promise<void> {
    await this.sessions.settled();
    this.audit.record({ type: 'app.stopped', owasp: APP_ACTS['app.stopped'], outcome: 'success' });
    await this.audit.close();
    await this.stores.close();
  }
}
