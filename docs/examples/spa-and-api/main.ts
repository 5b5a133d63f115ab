// A page on one origin, its API on another, and the client library between them. Start it, and open http://localhost:3001 :
//   npm run build && node dist/examples/spa-and-api/main.js
import 'reflect-metadata';
import { Controller, Get, Module, Patch, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CurrentUser, SessionGuard, SessionModule, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { keysOfThisProcess } from '../minimal/keys.js';
import { MyAccounts } from '../minimal/my-accounts.js';
import { servePage } from './page.js';

const port = process.env['PORT'] ?? 3000;
const pagePort = Number(process.env['PAGE_PORT'] ?? 3001);
const page = `http://localhost:${pagePort}`;
const accounts = new MyAccounts();
await accounts.add('ada', 'correct horse battery staple');

@Controller('me')
@UseGuards(SessionGuard)
class MeController {
  @Get()
  me(@CurrentUser() user: AuthenticatedUser) {
    return { name: user.username };
  }

  @Patch()
  change() {
    return { changed: true };
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      publicUrl: `http://localhost:${port}`,
      ...keysOfThisProcess(),
      accounts,
      trustedOrigins: [page], // its unsafe requests may use the cookie
    }),
  ],
  controllers: [MeController],
})
class ApiModule {}

const app = await NestFactory.create(ApiModule, { logger: ['error', 'warn'] });
app.enableCors({
  origin: [page], // the same list as trustedOrigins, never '*'
  credentials: true, // for the cookie
  methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'], // Fastify's own list is shorter
  exposedHeaders: ['WWW-Authenticate', 'DPoP-Nonce', 'Retry-After'], // what the client library reads
});
app.enableShutdownHooks();
await app.listen(port);
const server = servePage(`http://localhost:${port}`).listen(pagePort);
process.once('SIGTERM', () => server.close());
