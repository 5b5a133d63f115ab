import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SessionStoreHealthIndicator } from 'nestjs-hybrid-session/terminus';
import { DatabaseHealthIndicator } from './database.health.js';
import { HealthController } from './health.controller.js';

/** Probes. What fails is logged by their filter, once. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [SessionStoreHealthIndicator, DatabaseHealthIndicator],
})
export class HealthModule {}
