// A service without sessions: it verifies the tokens of issuer.ts, and refuses them a second after their session has ended. Start it:
//   npm run build && PORT=3001 REPORTS_SECRET=a-secret-of-both-services node dist/examples/two-services/reports.js
import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CurrentUser, RequireScopes, seconds, SessionModule, TokenGuard, type AuthenticatedUser } from 'nestjs-hybrid-session';

@Controller('reports')
@UseGuards(TokenGuard)
class ReportsController {
  @Get()
  @RequireScopes('reports')
  list(@CurrentUser() user: AuthenticatedUser) {
    return { readBy: user.username, reports: [] };
  }
}

@Module({
  imports: [
    SessionModule.forResourceServer({
      issuer: process.env['ISSUER'] ?? 'http://localhost:3000',
      client: { id: 'reports', secret: process.env['REPORTS_SECRET'] ?? '' },
      within: seconds(1),
    }),
  ],
  controllers: [ReportsController],
})
class ReportsModule {}

const app = await NestFactory.create(ReportsModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3001);
