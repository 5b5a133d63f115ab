import type { Server } from 'node:http';
import { isatty } from 'node:tty';
import { ConsoleLogger, type INestApplication, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { accessLog, logRequests } from './access-log/access-log.js';
import { AppModule } from './app.module.js';
import { auditLog } from './audit/audit-log.js';
import type { AppConfig } from './config/app-config.js';
import { expressAdapter } from './http/express-adapter.js';
import { fastifyAdapter } from './http/fastify-adapter.js';
import { sendSecureHeaders } from './http/secure-headers.js';
import { PageFilter } from './pages/page.filter.js';

// Milliseconds for a client to send its request: both adapters leave this to the server, and Fastify sets no limit at all.
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;

/**
 * Builds the application on the configured HTTP adapter, ready to listen: the one way for `main` and for tests. `log` takes the audit
 * trail, which is kept in the database as well; `access` what is told of each request, where that is asked for.
 */
export async function createApp(
  config: AppConfig,
  log: LoggerService = auditLog(),
  access: LoggerService = accessLog(),
): Promise<INestApplication<Server>> {
  const adapter = config.http.adapter === 'fastify' ? fastifyAdapter(config.http) : expressAdapter(config.http);
  const app = await NestFactory.create<INestApplication<Server>>(AppModule.of(config, log), adapter, {
    bodyParser: false, // the adapters read bodies themselves, alike
    abortOnError: false,
    logger: new ConsoleLogger({
      json: config.production,
      colors: isatty(process.stdout.fd),
      logLevels: ['warn', 'error', 'fatal'],
    }),
  });
  sendSecureHeaders(app, config.http);
  if (config.observability.accessLog) logRequests(app, access);
  // Asked before the library's own filter, which answers everything but pages and their forms.
  app.useGlobalFilters(app.get(PageFilter));
  const server = app.getHttpServer();
  server.headersTimeout = HEADERS_TIMEOUT;
  server.requestTimeout = REQUEST_TIMEOUT;
  return app;
}
