import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext, Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { KafkaContext, MqttContext, NatsContext, RmqContext } from '@nestjs/microservices';
import { messageRequestOf } from './message-request.js';

const TOKEN = 'Bearer abc';

/** What a handler is given, by the class that Nest has for its transport, of which only what a message carries matters here. */
function contextOf(transport: Type<object>, ...carried: readonly unknown[]): ExecutionContext {
  return new ExecutionContextHost([{}, Reflect.construct(transport, [carried])]);
}

const natsHeaders = (values: Readonly<Record<string, string>>) => ({ get: (name: string) => values[name] ?? '' });

describe('A message to a microservice as a request', () => {
  it.each([
    ['NATS', contextOf(NatsContext, 'subject', natsHeaders({ authorization: TOKEN }))],
    ['Kafka, as text', contextOf(KafkaContext, { headers: { authorization: TOKEN } })],
    ['Kafka, as bytes', contextOf(KafkaContext, { headers: { authorization: Buffer.from(TOKEN) } })],
    ['RabbitMQ', contextOf(RmqContext, { properties: { headers: { authorization: TOKEN } } })],
  ])('carries its access token in its headers: %s', (_, context) => {
    expect(messageRequestOf(context).headers.authorization).toBe(TOKEN);
  });

  it.each([
    ['NATS without one', contextOf(NatsContext, 'subject', natsHeaders({}))],
    ['Kafka without headers', contextOf(KafkaContext, {})],
    [
      'MQTT, where none is looked for',
      contextOf(MqttContext, 'topic', { properties: { userProperties: { authorization: TOKEN } } }),
    ],
    ['no context at all', new ExecutionContextHost([{}, undefined])],
  ])('carries none: %s', (_, context) => {
    expect(messageRequestOf(context).headers.authorization).toBeUndefined();
  });

  it('is one and the same for every guard and decorator that asks', () => {
    const context = contextOf(KafkaContext, { headers: { authorization: TOKEN } });
    expect(messageRequestOf(context)).toBe(messageRequestOf(context));
  });
});
