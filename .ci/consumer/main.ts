// The smallest application that uses the library: one user, the memory store, no file but this one.
import 'reflect-metadata';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Accounts, SessionGuard, SessionModule, type VerifiedAccount } from 'nestjs-hybrid-session';

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
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  process.stdout.write('listening\n');
}

void start();
