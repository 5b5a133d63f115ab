// A case as a process of its own: opens it, listens, says how it is asked, and answers what it has used of the CPU.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const ADAPTERS = { express: ExpressAdapter, fastify: FastifyAdapter };

const settings = JSON.parse(process.argv[2]);
const { open } = await import(settings.server);
const opened = await open(settings);
const begun = performance.now();
const adapter = new ADAPTERS[settings.adapter]();
const app = await NestFactory.create(opened.module, adapter, { logger: false, abortOnError: false, ...opened.nest });
await opened.prepare?.(app);
await app.listen(0, '127.0.0.1');
const [created, started] = [performance.now() - begun, performance.now()];

const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
const requests = (await opened.requests?.({ app, url })) ?? [];
for (let login = 0; login < settings.logins; login += 1) {
  requests.push({ method: 'GET', path: '/me', headers: (await opened.logIn?.({ app, url })) ?? {} });
}
const isGuarded = opened.logIn !== undefined;

process.on('message', () => {
  process.send({ cpu: process.cpuUsage(), statements: opened.statements?.() ?? 0 });
});
process.on('disconnect', () => process.exit()); // nobody asks any more
process.send({ url, requests, isGuarded, created, started });
