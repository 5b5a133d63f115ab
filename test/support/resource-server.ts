import { Controller, Get, Module, Post, UseGuards, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CurrentSession,
  CurrentUser,
  RequireAcr,
  RequireRecentAuth,
  RequireRoles,
  RequireScopes,
  SessionGuard,
  SessionModule,
  TokenGuard,
  minutes,
  type AuthenticatedUser,
  type ResourceServerOptions,
  type Session,
} from 'nestjs-hybrid-session';
import type { AdapterName } from './host-app.js';

/** Routes as a service writes them that keeps no sessions. */
@Controller()
@UseGuards(SessionGuard)
class ReportsController {
  @Get('reports')
  list(@CurrentUser() { username, roles }: AuthenticatedUser, @CurrentSession() session: Session) {
    return { userId: session.userId, username, roles, scope: session.scope, sid: session.id, clientId: session.clientId };
  }
  @Post('reports')
  @RequireScopes('write')
  write() {
    return { written: true };
  }
  @Get('reports/all')
  @RequireRoles('admin')
  all() {
    return { all: true };
  }
  @Get('reports/secret')
  @RequireRecentAuth(minutes(10))
  secret() {
    return { secret: true };
  }
  @Get('reports/sealed')
  @RequireAcr('aal3')
  sealed() {
    return { sealed: true };
  }
  @Get('reports/token')
  @UseGuards(TokenGuard)
  token() {
    return { token: true };
  }
}

/** A service that only verifies. */
export interface ResourceServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts a service on a free port. */
export async function startResourceServer(adapter: AdapterName, options: ResourceServerOptions): Promise<ResourceServer> {
  @Module({ imports: [SessionModule.forResourceServer(options)], controllers: [ReportsController] })
  class ServiceModule {}

  const testing = await Test.createTestingModule({ imports: [ServiceModule] }).compile();
  const app: INestApplication =
    adapter === 'express' ? testing.createNestApplication() : testing.createNestApplication(new FastifyAdapter());
  await app.listen(0, '127.0.0.1');
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() };
}
