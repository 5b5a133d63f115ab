import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Controller, Get, Injectable, Module, UseGuards, type INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CookieGuard,
  CurrentUser,
  SessionGuard,
  SessionModule,
  SessionService,
  type AuthenticatedUser,
} from 'nestjs-hybrid-session';
import { actingAs } from 'nestjs-hybrid-session/testing';
import { send } from './support/clients.js';
import { ADAPTERS, signingKey } from './support/host-app.js';

/** One of two kinds of users, each with sessions of its own. */
async function sessionsNamed(cookieName: string, guard: boolean) {
  const key = await signingKey();
  const keys = [randomBytes(32).toString('base64url')];
  const useFactory = () => ({ publicUrl: 'http://localhost', keys, signingKeys: [key], cookie: { name: cookieName } });
  return SessionModule.forRootAsync({ guard, controllers: [], useFactory });
}

@Injectable()
class CustomerSessions {
  constructor(readonly service: SessionService) {}
}

@Controller('customers')
class CustomersController {
  @Get('own')
  own(@CurrentUser() { id }: AuthenticatedUser) {
    return { id };
  }
}

@Controller('staff')
class StaffController {
  @Get('cookie')
  @UseGuards(CookieGuard)
  cookie(@CurrentUser() { id }: AuthenticatedUser) {
    return { id };
  }

  @Get('either')
  @UseGuards(SessionGuard)
  either(@CurrentUser() { id }: AuthenticatedUser) {
    return { id };
  }
}

describe.each(ADAPTERS)('Two session modules in one application, on %s', (adapter) => {
  let app: INestApplication;
  let url: string;
  let customers: CustomerSessions;

  beforeAll(async () => {
    @Module({
      imports: [await sessionsNamed('__Host-customer', true)],
      controllers: [CustomersController],
      providers: [CustomerSessions],
    })
    class CustomersModule {}
    @Module({ imports: [await sessionsNamed('__Host-staff', false)], controllers: [StaffController] })
    class StaffModule {}
    const testing = await Test.createTestingModule({ imports: [CustomersModule, StaffModule] }).compile();
    app =
      adapter === 'express'
        ? testing.createNestApplication()
        : testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    customers = app.get(CustomerSessions);
  });
  afterAll(() => app.close());

  it.each(['browser', 'api'] as const)('let nobody pass the guard of one by a session of the other: %s', async (channel) => {
    const customer = { get: () => customers.service };
    const { headers } = await actingAs(customer, { userId: 'mallory' }, { channel, cookieName: '__Host-customer' });
    const statuses = await Promise.all(
      ['/customers/own', '/staff/cookie', '/staff/either'].map(
        async (path) => (await send(url, 'GET', path, { headers })).status,
      ),
    );
    expect(statuses).toEqual([200, 401, 401]);
  });
});
