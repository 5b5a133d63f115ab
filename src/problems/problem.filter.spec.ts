import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Logger, Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ProblemFilter } from './problem.filter.js';

const SECRET = 'SELECT password_hash FROM users at /srv/app/users.js:7';

@Controller()
class BrokenController {
  @Get('broken')
  broken(): never {
    throw new Error(SECRET);
  }
}

@Module({ controllers: [BrokenController], providers: [{ provide: APP_FILTER, useClass: ProblemFilter }] })
class BrokenModule {}

const adapters = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const;

describe.each(adapters)('A fault of the application, on %s', (_, adapter) => {
  let app: INestApplication;
  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  it('is told to the client as that alone, and its query string to nobody', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const warning = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    app = await NestFactory.create(BrokenModule, adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const answer = await fetch(`${await app.getUrl()}/broken?token=canary`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status: 500,
      code: 'internal_error',
      detail: 'Something went wrong on our side.',
    });
    expect(JSON.stringify([...answer.headers])).not.toMatch(/SELECT|srv/);
    const told = JSON.stringify([...log.mock.calls, ...warning.mock.calls]);
    expect(told).toContain('GET /broken');
    expect(told).not.toContain('canary');
  });
});
