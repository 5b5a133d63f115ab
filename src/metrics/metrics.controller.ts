import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { Public } from 'nestjs-hybrid-session';
import { PrometheusTelemetry } from 'nestjs-hybrid-session/prometheus';
import { MetricsGuard } from './metrics.guard.js';

/** What Prometheus scrapes. Nothing in it is about one person, and yet it tells strangers how the business goes: see the guard. */
@Controller('metrics')
@Public()
@UseGuards(MetricsGuard)
export class MetricsController {
  constructor(private readonly telemetry: PrometheusTelemetry) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  metrics(): Promise<string> {
    return this.telemetry.registry.metrics();
  }
}
