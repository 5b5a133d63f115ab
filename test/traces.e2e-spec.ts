import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MemorySessionStore, StoreUnavailableError, type SessionRecord } from 'nestjs-hybrid-session';
import { OpenTelemetry } from 'nestjs-hybrid-session/opentelemetry';
import { ApiClient } from './support/clients.js';
import { ADAPTERS, startHostApp, type HostApp } from './support/host-app.js';

const PASSWORD = 'correct horse';

/** A store that fails as it is told. */
class FailingStore extends MemorySessionStore {
  failure: Error | undefined;

  override async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    if (this.failure) throw this.failure;
    return super.find(ids);
  }
}

describe.each(ADAPTERS)('traces of a host on %s', (adapter) => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const contexts = new AsyncLocalStorageContextManager();
  const store = new FailingStore();
  let host: HostApp;
  let client: ApiClient;

  beforeAll(async () => {
    context.setGlobalContextManager(contexts.enable());
    const telemetry = [new OpenTelemetry({ tracerProvider: provider, system: 'other_sql' })];
    host = await startHostApp({ adapter, store, options: { telemetry } });
    host.accounts.add('ada', PASSWORD);
    // As the HTTP instrumentation of an SDK does: every request is handled within a span of its own.
    const server: Server = host.app.getHttpServer();
    const listeners = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const span = provider.getTracer('http').startSpan(request.method ?? '', { kind: SpanKind.SERVER });
      response.once('finish', () => span.end());
      context.with(trace.setSpan(context.active(), span), () => {
        for (const listener of listeners) listener.call(server, request, response);
      });
    });
    client = new ApiClient(host.url);
    expect((await client.login('ada', PASSWORD)).status).toBe(200);
  });
  afterAll(async () => {
    await host.close();
    context.disable();
  });
  beforeEach(() => {
    store.failure = undefined;
    exporter.reset();
  });

  /** The one span of the request, when it has ended, and those under it. */
  const traced = async () => {
    const finished = () => exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
    while (finished().length === 0) await new Promise(setImmediate);
    const [request] = finished();
    if (!request) throw new Error('There is no span of the request.');
    const { spanId, traceId } = request.spanContext();
    const others = exporter.getFinishedSpans().filter((span) => span !== request);
    for (const span of others) expect([span.parentSpanContext?.spanId, span.spanContext().traceId]).toEqual([spanId, traceId]);
    return { request, calls: others };
  };
  const textOfAll = () =>
    JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );

  it('show each call of the store under the span of its request', async () => {
    await client.send('GET', '/me');
    const { calls } = await traced();
    expect(calls.map(({ name, kind, attributes }) => ({ name, kind, attributes }))).toContainEqual({
      name: 'find session_store',
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'other_sql', 'db.operation.name': 'find' } satisfies Attributes,
    });
    for (const { status, startTime, endTime } of calls) {
      expect(status).toEqual({ code: SpanStatusCode.UNSET });
      expect(endTime >= startTime).toBe(true);
    }
  });

  it('show a whole login, step by step', async () => {
    await new ApiClient(host.url).login('ada', PASSWORD);
    const { request, calls } = await traced();
    expect(calls.map(({ attributes }) => attributes['db.operation.name'])).toEqual(expect.arrayContaining(['fence', 'create']));
    expect(request.events.map(({ name }) => name)).toEqual(['login.succeeded', 'session.opened', 'login.new_device']);
  });

  it('say of a call that failed that it did, and not what its message says', async () => {
    store.failure = new StoreUnavailableError({ cause: new Error('connect redis://user:secret@host') });
    expect((await client.send('GET', '/me')).status).toBe(503);
    const { calls } = await traced();
    expect(calls.map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
      [{ code: SpanStatusCode.ERROR, message: 'unavailable' }, 'unavailable'],
    ]);
    expect(textOfAll()).not.toContain('secret');
  });

  it('tell why a request was refused, on its span, and name nobody', async () => {
    await host.sessions.revokeEveryone();
    exporter.reset();
    expect((await client.send('GET', '/me')).status).toBe(401);
    const { request } = await traced();
    expect(request.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['session.refused', { 'nhs.cause': 'gone' }],
    ]);
    await client.login('ada', PASSWORD);
    for (const secret of [client.accessToken, client.refreshToken, PASSWORD, 'ada', '127.0.0.1']) {
      expect(textOfAll()).not.toContain(secret);
    }
  });
});

describe('what is traced', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const telemetry = new OpenTelemetry({ tracerProvider: provider, identities: true });
  const call = { operation: 'find', records: 1, startedAt: 0, duration: 1, outcome: 'ok' } as const;

  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  afterAll(() => context.disable());
  beforeEach(() => exporter.reset());

  it('is nothing outside of a trace', () => {
    telemetry.storeCalled(call);
    telemetry.happened({ type: 'session.ended', at: 0, reason: 'logout', sessionId: 'aaaa.1', userId: 'user-1' });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('is how many records a look-up asked for, when it was several, and the time that it took', () => {
    const parent = provider.getTracer('test').startSpan('parent');
    context.with(trace.setSpan(context.active(), parent), () => {
      telemetry.storeCalled({ ...call, records: 3, startedAt: 2_000_000_000_000, duration: 7 });
    });
    const [span] = exporter.getFinishedSpans();
    expect(span?.attributes).toEqual({ 'db.operation.name': 'find', 'db.operation.batch.size': 3 });
    expect(span?.startTime).toEqual([2_000_000_000, 0]);
    expect(span?.duration).toEqual([0, 7_000_000]);
  });

  it('is who it was, for a host that asks for that', () => {
    const parent = provider.getTracer('test').startSpan('parent');
    context.with(trace.setSpan(context.active(), parent), () => {
      telemetry.happened({ type: 'session.ended', at: 0, reason: 'logout', sessionId: 'aaaa.1', userId: 'user-1' });
    });
    parent.end();
    const attributes = { 'nhs.reason': 'logout', 'session.id': 'aaaa.1', 'enduser.id': 'user-1' };
    expect(exporter.getFinishedSpans()[0]?.events.map((event) => event.attributes)).toEqual([attributes]);
  });
});
