import { Controller, Get, Header, UseFilters } from '@nestjs/common';
import { HealthCheckService } from '@nestjs/terminus';
import { Public } from 'nestjs-hybrid-session';
import { SessionStoreHealthIndicator } from 'nestjs-hybrid-session/terminus';
import { DatabaseHealthIndicator } from './database.health.js';
import { NotReadyFilter } from './not-ready.filter.js';

// Milliseconds that one check may take: a probe that hangs tells its caller nothing.
const CHECK = { timeout: 1_500 };

/** Probes for whoever runs the application: is the process alive, and should it get requests now. */
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly store: SessionStoreHealthIndicator,
    private readonly database: DatabaseHealthIndicator,
  ) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  @UseFilters(NotReadyFilter)
  ready() {
    return this.health.check([
      () => this.store.isHealthy('session_store', CHECK),
      () => this.database.isHealthy('database', CHECK),
    ]);
  }
}
