// The smallest application that uses the library: one user, the memory store, a stream, a gateway, no file but this one.
import 'reflect-metadata';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Controller, Get, Module, Sse, UseFilters, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Accounts,
  CurrentUser,
  SessionErrorFilter,
  SessionGuard,
  SessionModule,
  SessionSocketAdapter,
  type AuthenticatedUser,
  type VerifiedAccount,
} from 'nestjs-hybrid-session';
import { concat, NEVER, of, type Observable } from 'rxjs';

const port = Number(process.env.PORT);

class OneAccount extends Accounts {
  override idOf(username: string): Promise<string | undefined> {
    return Promise.resolve(username === 'ada' ? 'user-1' : undefined);
  }

  override verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    const right = userId === 'user-1' && password === process.env.PASSWORD;
    return Promise.resolve(right ? { userId, principal: { username: 'ada', roles: [] }, passwordVersion: '1' } : undefined);
  }

  override changePassword(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

@Controller()
class HelloController {
  @Get('hello')
  @UseGuards(SessionGuard)
  hello(): { readonly hello: string } {
    return { hello: 'world' };
  }

  @Sse('events')
  @UseGuards(SessionGuard)
  events(): Observable<{ readonly data: string }> {
    return concat(of({ data: 'hello' }), NEVER);
  }
}

@WebSocketGateway({ path: '/live' })
@UseGuards(SessionGuard)
@UseFilters(SessionErrorFilter)
class HelloGateway {
  @SubscribeMessage('hello')
  hello(@CurrentUser() user: AuthenticatedUser): { readonly event: string; readonly data: string } {
    return { event: 'hello', data: user.username };
  }
}

const signingKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

@Module({
  imports: [
    SessionModule.forRoot({
      publicUrl: `http://localhost:${port}`,
      keys: [randomBytes(32).toString('base64url')],
      signingKeys: [{ ...signingKey, kid: 'first', alg: 'EdDSA' }],
      accounts: new OneAccount(),
    }),
  ],
  controllers: [HelloController],
  providers: [HelloGateway],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.useWebSocketAdapter(new SessionSocketAdapter(app, new WsAdapter(app)));
  app.enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  process.stdout.write('listening\n');
}

void start();
