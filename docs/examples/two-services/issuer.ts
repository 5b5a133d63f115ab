// The application that logs people in, for the service in reports.ts beside it. Start it:
//   npm run build && REPORTS_SECRET=a-secret-of-both-services node dist/examples/two-services/issuer.js
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionModule } from 'nestjs-hybrid-session';
import { keysOfThisProcess } from '../minimal/keys.js';
import { MyAccounts } from '../minimal/my-accounts.js';

const port = process.env['PORT'] ?? 3000;
const accounts = new MyAccounts();
await accounts.add('ada', 'correct horse battery staple');

@Module({
  imports: [
    SessionModule.forRoot({
      publicUrl: `http://localhost:${port}`,
      ...keysOfThisProcess(),
      accounts,
      clients: [
        { id: 'phone', scopes: ['reports'] }, // what people hold, who log in with it
        { id: 'reports', secret: process.env['REPORTS_SECRET'] ?? '' }, // the service, which asks about tokens
      ],
    }),
  ],
})
class IssuerModule {}

const app = await NestFactory.create(IssuerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(port);
