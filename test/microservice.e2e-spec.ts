import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ClientReadableStream,
  type GrpcObject,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, UseGuards } from '@nestjs/common';
import { ClientProxyFactory, GrpcMethod, MessagePattern, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { CurrentUser, LiveSessions, RequireRoles, SessionGuard, TokenGuard, type AuthenticatedUser } from 'nestjs-hybrid-session';
import { concat, firstValueFrom, NEVER, of } from 'rxjs';
import { until } from './support/app-process.js';
import { ApiClient, Browser } from './support/clients.js';
import { freePort } from './support/free-port.mjs';
import { MEETINGS, startPair, type Pair } from './support/live-hosts.js';

const PROTO = fileURLToPath(new URL('support/things.proto', import.meta.url));

@Controller()
@UseGuards(SessionGuard)
class ThingsByGrpc {
  @GrpcMethod('Things', 'Whoami')
  whoami(@CurrentUser() user: AuthenticatedUser) {
    return { text: user.username };
  }

  @GrpcMethod('Things', 'Watch')
  watch(@CurrentUser() user: AuthenticatedUser) {
    return concat(of({ text: user.username }), NEVER);
  }

  @GrpcMethod('Things', 'Rule')
  @RequireRoles('ruler')
  rule() {
    return { text: 'ruled' };
  }
}

@Controller()
@UseGuards(TokenGuard)
class ThingsByTcp {
  @MessagePattern('whoami')
  whoami(@CurrentUser() user: AuthenticatedUser) {
    return user.username;
  }
}

describe.each(MEETINGS)('A microservice, beside $adapter with $meeting', (meeting) => {
  let pair: Pair;
  let grpc: Client;
  let tcp: ReturnType<typeof ClientProxyFactory.create>;

  beforeAll(async () => {
    const [grpcPort, tcpPort] = [await freePort(), await freePort()];
    pair = await startPair(meeting, { controllers: [ThingsByGrpc, ThingsByTcp] });
    const services: readonly MicroserviceOptions[] = [
      { transport: Transport.GRPC, options: { package: 'things', protoPath: PROTO, url: `127.0.0.1:${grpcPort}` } },
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: tcpPort } },
    ];
    for (const service of services) pair.two.app.connectMicroservice(service, { inheritAppConfig: true });
    await pair.two.app.startAllMicroservices();
    grpc = clientOf(`127.0.0.1:${grpcPort}`);
    tcp = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port: tcpPort } });
  });
  afterAll(async () => {
    grpc.close();
    await tcp.close();
    await pair.close();
  });

  const phone = async () => {
    const client = new ApiClient(pair.one.url);
    expect((await client.login('ada', 'ada-password')).status).toBe(200);
    return client;
  };
  const call = (method: string, authorization?: string) => callWith(grpc, method, authorization);

  it('takes the access token of the metadata, at another instance than the login, until the session ends', async () => {
    const client = await phone();
    expect(await call('Whoami', `Bearer ${client.accessToken}`)).toEqual({ text: 'ada' });
    expect((await client.send('POST', '/auth/logout')).status).toBe(204);
    expect(await call('Whoami', `Bearer ${client.accessToken}`)).toMatchObject({
      code: 16,
      details: expect.stringMatching(/^invalid_token: /),
    });
  });

  it('ends a stream at another instance when the session ends', async () => {
    const client = await phone();
    const stream = streamOf(grpc, 'Watch', `Bearer ${client.accessToken}`);
    const over = new Promise<unknown>((resolve) => stream.once('error', resolve));
    expect(await new Promise((resolve) => stream.once('data', resolve))).toEqual({ text: 'ada' });
    const live = pair.two.app.get(LiveSessions);
    expect(live.size).toBe(1);
    expect((await client.send('POST', '/auth/logout')).status).toBe(204);
    expect(await over).toMatchObject({ code: 16, details: expect.stringMatching(/^invalid_session: /) });
    expect(live.size).toBe(0);
  });

  it('forgets a stream that its client has cancelled', async () => {
    const stream = streamOf(grpc, 'Watch', `Bearer ${(await phone()).accessToken}`);
    stream.on('error', () => {}); // that it was cancelled
    await new Promise((resolve) => stream.once('data', resolve));
    const live = pair.two.app.get(LiveSessions);
    expect(live.size).toBe(1);
    stream.cancel();
    await until('it is forgotten', async () => live.size === 0);
  });

  it('refuses by the status of gRPC: nobody, a forged token, a missing role', async () => {
    const { accessToken } = await phone();
    expect(await call('Whoami')).toMatchObject({ code: 16 });
    expect(await call('Whoami', 'Bearer none')).toMatchObject({ code: 16 });
    expect(await call('Rule', `Bearer ${accessToken}`)).toMatchObject({ code: 7 });
  });

  it('refuses on a transport that has no place for a token', async () => {
    const refused = firstValueFrom(tcp.send('whoami', {}));
    await expect(refused).rejects.toMatchObject({ status: 'error', code: 'not_authenticated' });
  });

  it('never takes a cookie', async () => {
    const page = new Browser(pair.one.url);
    await page.login('ada', 'ada-password');
    expect(await call('Whoami', `Cookie ${page.cookie}`)).toMatchObject({ code: 16 });
  });
});

function clientOf(address: string): Client {
  const { things } = loadPackageDefinition(loadSync(PROTO));
  const { Things } = things as GrpcObject;
  return new (Things as typeof Client)(address, credentials.createInsecure());
}

/** What a call came to: its answer, or its error. */
function callWith(client: Client, method: string, authorization: string | undefined): Promise<object> {
  return new Promise((resolve) => {
    invoke(client, method, authorization, (error: ServiceError | null, answer: object) => resolve(error ?? answer));
  });
}

/** A call that is answered by a stream. */
function streamOf(client: Client, method: string, authorization: string): ClientReadableStream<object> {
  return invoke(client, method, authorization) as ClientReadableStream<object>;
}

function invoke(client: Client, method: string, authorization: string | undefined, ...more: readonly unknown[]): unknown {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  const call: unknown = Reflect.get(client, method);
  if (typeof call !== 'function') throw new Error(`There is no method ${method}.`);
  return Reflect.apply(call, client, [{}, metadata, ...more]);
}
