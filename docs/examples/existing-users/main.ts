// A user table that is there already, with argon2 hashes, in PostgreSQL; sessions beside it, so that a new password and the end of the old
// sessions are one transaction. Start it:  npm run build && DATABASE_URL=postgres://… node dist/examples/existing-users/main.js
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { hash } from '@node-rs/argon2';
import { SessionModule } from 'nestjs-hybrid-session';
import { sessionEntities, TypeOrmCounters, TypeOrmSessionStore } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import { keysOfThisProcess } from '../minimal/keys.js';
import { PagesController } from './pages.controller.js';
import { TableAccounts } from './table-accounts.js';
import { User } from './user.entity.js';

const port = process.env['PORT'] ?? 3000;
const dataSource = await new DataSource({
  type: 'postgres',
  url: process.env['DATABASE_URL'] ?? 'postgres://localhost/app',
  entities: [User, ...sessionEntities],
  synchronize: true, // an example's; you have migrations, and add `sessionMigrations` to them
  extra: { connectionTimeoutMillis: 3_000, statement_timeout: 5_000 },
}).initialize();
const users = dataSource.getRepository(User);
await users.upsert({ email: 'ada@app.example', passwordHash: await hash('correct horse battery staple') }, ['email']);

@Module({
  imports: [
    SessionModule.forRoot({
      publicUrl: `http://localhost:${port}`,
      ...keysOfThisProcess(),
      accounts: new TableAccounts(users),
      store: new TypeOrmSessionStore(dataSource),
      counters: new TypeOrmCounters(dataSource),
    }),
  ],
  controllers: [PagesController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(port);
