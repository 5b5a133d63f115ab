import { randomBytes } from 'node:crypto';
import {
  Controller,
  Get,
  Module,
  Patch,
  Post,
  UseGuards,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test, type TestingModule } from '@nestjs/testing';
import { exportJWK, generateKeyPair } from 'jose';
import {
  CookieGuard,
  CurrentSession,
  RequireRecentAuth,
  SessionGuard,
  SessionModule,
  SessionService,
  TokenGuard,
  type Counters,
  type Session,
  type SessionEvent,
  type SessionModuleOptions,
  type SessionStore,
} from 'nestjs-hybrid-session';
import { FakeClock } from 'nestjs-hybrid-session/testing';
import { TestAccounts } from './accounts.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

export const PUBLIC_URL = 'http://localhost';

/** An RFC 8037 signing key, made once per test file. */
export async function signingKey(kid = 'test-key') {
  const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
}

@Controller()
class ThingsController {
  @Get('me')
  @UseGuards(SessionGuard)
  me(@CurrentSession() session: Session) {
    return { sub: session.userId, channel: session.channel, sid: session.id, roles: session.principal.roles };
  }

  @Patch('me')
  @UseGuards(SessionGuard)
  rename() {
    return { renamed: true };
  }

  @Post('sensitive')
  @UseGuards(SessionGuard)
  @RequireRecentAuth()
  sensitive() {
    return { done: true };
  }

  @Get('browser/me')
  @UseGuards(CookieGuard)
  browser(@CurrentSession() session: Session) {
    return { sub: session.userId };
  }

  @Get('api/me')
  @UseGuards(TokenGuard)
  api(@CurrentSession() session: Session) {
    return { sub: session.userId };
  }
}

/** A host application as a consumer would write it, with a clock that the test holds. */
export interface HostApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly clock: FakeClock;
  readonly accounts: TestAccounts;
  readonly sessions: SessionService;
  readonly events: SessionEvent[];
  readonly close: () => Promise<void>;
}

/** What a test may choose. */
export interface HostAppOptions {
  readonly adapter: AdapterName;
  readonly store: SessionStore;
  readonly counters?: Counters;
  readonly clock?: FakeClock;
  readonly accounts?: TestAccounts;
  /** Leaves the application the clock that it has in production. */
  readonly productionClock?: boolean;
  /** Lets a test choose its address with `X-Forwarded-For`. */
  readonly trustProxy?: boolean;
  /** Routes of the test's own, beside those of every host here. */
  readonly controllers?: readonly Type[];
  /** Further modules and providers: gateways, GraphQL. */
  readonly imports?: ModuleMetadata['imports'];
  readonly providers?: ModuleMetadata['providers'];
  /** What is done with the application before it listens. */
  readonly prepare?: (app: INestApplication) => void;
  readonly options?: Partial<SessionModuleOptions>;
  /** Default: a free one. */
  readonly port?: number;
}

/** Milliseconds: as in `stores.ts`, how long a hundred calls take turns at one row is the machine's affair. */
const PATIENCE = 30_000;

/** Starts a host application, on a free port unless one is given. */
export async function startHostApp(given: HostAppOptions): Promise<HostApp> {
  const clock = given.clock ?? new FakeClock();
  const accounts = given.accounts ?? new TestAccounts();
  const events: SessionEvent[] = [];
  const options: SessionModuleOptions = {
    publicUrl: PUBLIC_URL,
    keys: [randomBytes(32).toString('base64url')],
    signingKeys: [await signingKey()],
    store: given.store,
    ...(given.counters ? { counters: given.counters } : {}),
    accounts,
    ...(given.productionClock ? {} : { clock }),
    loginLimits: 'off',
    storeLimits: { deadline: PATIENCE },
    onEvent: (event) => void events.push(event),
    ...given.options,
  };

  @Module({
    imports: [SessionModule.forRoot(options), ...(given.imports ?? [])],
    controllers: [ThingsController, ...(given.controllers ?? [])],
    providers: given.providers ?? [],
  })
  class HostModule {}

  const testing = await Test.createTestingModule({ imports: [HostModule] }).compile();
  const app = given.adapter === 'express' ? expressApp(testing, given) : fastifyApp(testing, given);
  given.prepare?.(app);
  await app.listen(given.port ?? 0, '127.0.0.1');
  return {
    app,
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    clock,
    accounts,
    sessions: app.get(SessionService),
    events,
    close: () => app.close(),
  };
}

function expressApp(testing: TestingModule, { trustProxy = false }: HostAppOptions): INestApplication {
  const app = testing.createNestApplication<NestExpressApplication>();
  app.set('trust proxy', trustProxy);
  return app;
}

function fastifyApp(testing: TestingModule, { trustProxy = false }: HostAppOptions): INestApplication {
  return testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ trustProxy }));
}
