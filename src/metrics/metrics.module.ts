import { Module } from '@nestjs/common';
import { PrometheusTelemetry } from 'nestjs-hybrid-session/prometheus';
import { collectDefaultMetrics } from 'prom-client';
import { MetricsController } from './metrics.controller.js';
import { MetricsGuard } from './metrics.guard.js';

/** Metrics of the sessions and of the process, in one registry per application. */
@Module({
  controllers: [MetricsController],
  providers: [MetricsGuard, { provide: PrometheusTelemetry, useFactory: metrics }],
  exports: [PrometheusTelemetry],
})
export class MetricsModule {}

function metrics(): PrometheusTelemetry {
  const telemetry = new PrometheusTelemetry();
  collectDefaultMetrics({ register: telemetry.registry });
  return telemetry;
}
