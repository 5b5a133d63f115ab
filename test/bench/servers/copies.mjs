// How much larger the heap is when each of so many sessions has been asked for once, within a bound. The sessions themselves are in
// it before.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { USER_AGENT } from '../user.mjs';
import { open } from './ours.mjs';

const MINUTES_10 = 600_000;

const { credential, sessions } = JSON.parse(process.argv[2]);
const opened = await open({ store: 'memory', revocation: { within: MINUTES_10 }, credential });
const app = await NestFactory.create(opened.module, new FastifyAdapter(), { logger: false, abortOnError: false });
await app.init();
const fastify = app.getHttpAdapter().getInstance();
await fastify.ready();

const ask = async (headers) => {
  const { statusCode } = await fastify.inject({ url: '/me', headers: { 'User-Agent': USER_AGENT, ...headers } });
  if (statusCode !== 200) throw new Error(`A request was answered with ${statusCode}.`);
};
for (let at = 0; at < 100; at += 1) await ask(await opened.logIn({ app })); // what the first ones of all bring about

const credentials = [];
for (let at = 0; at < sessions; at += 1) credentials.push(await opened.logIn({ app }));
const before = heap();
for (const headers of credentials) await ask(headers);
const bytes = heap() - before;

process.on('disconnect', () => process.exit());
process.send({ bytes });

function heap() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
