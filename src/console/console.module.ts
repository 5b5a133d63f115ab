import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { ConsoleAssetsController } from './console-assets.controller.js';
import { ConsoleController } from './console.controller.js';
import { FiguresModule } from './figures/figures.module.js';
import { Overview } from './figures/overview.service.js';
import { TrailCounts } from './figures/trail-counts.js';
import { LiveNews } from './live/live-news.js';
import { LiveStreams } from './live/live-streams.js';
import { LiveController } from './live/live.controller.js';
import { TrailReader } from './trail/trail-reader.js';

/** The operator's console: pages for administrators. */
@Module({
  imports: [UsersModule, AuditModule, FiguresModule],
  controllers: [ConsoleController, LiveController, ConsoleAssetsController],
  providers: [Overview, TrailCounts, TrailReader, LiveNews, LiveStreams],
})
export class ConsoleModule {}
