// What `SessionGuard` takes of the CPU for a request that it lets pass: no HTTP, no Nest around it, and so little noise. Requests of
// fifty sessions come at the same time, as those of a busy server do.
import 'reflect-metadata';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionGuard } from 'nestjs-hybrid-session';
import { USER_AGENT } from '../user.mjs';
import { open } from './ours.mjs';

const SESSIONS = 50;
/** Times that all of them are let pass, in a round. */
const TURNS = 200;

const { rounds, ...settings } = JSON.parse(process.argv[2]);
const opened = await open(settings);
const app = await NestFactory.create(opened.module, new FastifyAdapter(), { logger: false, abortOnError: false });
await app.init();
const guard = [...app.get(ModulesContainer).values()]
  .flatMap(({ injectables }) => [...injectables.values()])
  .map(({ instance }) => instance)
  .find((instance) => instance instanceof SessionGuard);

const owner = () => undefined;
const handler = () => undefined;
const response = { setHeader: () => undefined };
const credentials = [];
while (credentials.length < SESSIONS) {
  const headers = lowered(await opened.logIn({ app }));
  credentials.push({ headers, rawHeaders: Object.entries(headers).flat() });
}

const figures = [];
for (let round = 0; round < rounds; round += 1) {
  const before = process.cpuUsage();
  for (let turn = 0; turn < TURNS; turn += 1) {
    const passed = await Promise.all(
      credentials.map(({ headers, rawHeaders }) => guard.canActivate(contextOf(headers, rawHeaders))),
    );
    if (!passed.every(Boolean)) throw new Error('A request was not let pass.');
  }
  const { user, system } = process.cpuUsage(before);
  figures.push((user + system) / (TURNS * SESSIONS));
}

process.on('disconnect', () => process.exit());
process.send({ figures });

function lowered(headers) {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { host: 'bench.example', 'user-agent': USER_AGENT, ...Object.fromEntries(named) };
}

/** A request of its own each time, as Fastify would give it to Nest. */
function contextOf(headers, rawHeaders) {
  const raw = { rawHeaders };
  const request = { method: 'GET', url: '/me', originalUrl: '/me', ip: '127.0.0.1', headers, raw };
  const http = { getRequest: () => request, getResponse: () => response };
  return { getType: () => 'http', switchToHttp: () => http, getHandler: () => handler, getClass: () => owner };
}
