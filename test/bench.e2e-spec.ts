import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const file = (name: string) => fileURLToPath(new URL(`bench/${name}`, import.meta.url));

async function bench(...words: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [file('bench.mjs'), '--quick', ...words])).stdout;
}

/** The cells of a row, by the name that it begins with. */
function row(output: string, name: string): readonly string[] {
  const line = output.split('\n').find((one) => one.startsWith(`| ${name} |`));
  return line?.split('|').map((cell) => cell.trim()) ?? [];
}

/** What the load generator says of a server that answers like this. */
async function load(answer: (response: ServerResponse) => void, expected: string, perSecond?: number): Promise<unknown> {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const generator = fork(file('load-generator.mjs'));
  const { port } = server.address() as AddressInfo;
  const requests = ['GET / HTTP/1.1\r\nHost: bench\r\n\r\n'];
  generator.send({ port, requests, expected, seconds: 0.05, connections: 2, perSecond });
  const [said] = (await once(generator, 'message')) as [unknown];
  generator.disconnect();
  server.closeAllConnections();
  server.close();
  return said;
}

describe('The bench', () => {
  it('prints a row for each case, with requests per second, CPU time and the commands that Redis was sent', async () => {
    const output = await bench('--adapters', 'fastify', '--cases', 'cookie-strict-redis,jose-denylist');
    const [, , ofBare, , , perSecond, cpu] = row(output, 'bare');
    expect(ofBare).toBe('1.00');
    for (const figure of [perSecond, cpu]) expect(figure).toMatch(/^[\d,.]*[1-9][\d,.]*$/);
    expect(row(output, 'cookie-strict-redis')[7]).toMatch(/get/);
    expect(row(output, 'jose-denylist')[7]).toBe('1.00 (exists)');
    expect(output).toContain('A quick run: its figures are worth nothing.');
  });

  it('tells how long answers take of each case, beside the bare route and a round trip to Redis', async () => {
    const output = await bench(
      '--parts',
      'latencies',
      '--adapters',
      'fastify',
      '--cases',
      'cookie-strict-redis',
      '--connections',
      '3',
    );
    expect(output).toMatch(/requests per second over 3 connections/);
    expect(row(output, 'bare')[3]).toBe('0.000');
    for (const name of ['bare', 'cookie-strict-redis', 'one round trip to Redis, idle']) {
      expect(row(output, name)[2]).toMatch(/^\d+\.\d{3}$/);
    }
  });

  it('asks as often as it was told to, however slow the answers are', async () => {
    const slowly = (response: ServerResponse) => void setTimeout(() => response.end('right'), 20);
    expect(await load(slowly, 'right', 1_000)).toMatchObject({ requests: 50 });
  });

  it('tells of the guard alone, of starts, of copies and of bytes, ours beside theirs', async () => {
    const output = await bench('--parts', 'guard,start-up,copies,bytes', '--adapters', 'fastify');
    expect(row(output, 'cookie-strict-redis')[2]).toMatch(/^[1-9]\d*\.\d\d$/);
    for (const name of ['bare, fastify', 'with the library, fastify', 'cookie', 'token', 'ours', 'connect-redis, by shape']) {
      expect(row(output, name)[2]).toMatch(/^[1-9][\d,]*$/);
    }
  });

  it('counts good answers only: another status or another body ends the run', async () => {
    expect(await load((response) => response.end('right'), 'right')).toMatchObject({ requests: expect.any(Number) });
    expect(await load((response) => response.writeHead(503).end('right'), 'right')).toEqual({
      fault: 'The server gave an answer "HTTP/1.1 503 Service Unavailable".',
    });
    expect(await load((response) => response.end('wrong'), 'right')).toEqual({
      fault: 'The server gave an answer with the body wrong.',
    });
  });
});
