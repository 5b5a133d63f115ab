import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { Public } from 'nestjs-hybrid-session';
import { Readiness } from './readiness.js';

/** Probes for whoever runs the application: is the process alive, and should it get requests now. */
@Controller('health')
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready() {
    const obstacles = await this.readiness.obstacles();
    if (obstacles.length > 0) throw new ServiceUnavailableException(obstacles.join(' '), { errorCode: 'not_ready' });
    return { status: 'ok' };
  }
}
