import {
  context,
  type Attributes,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { SessionEvent } from '../../core/events.js';
import { type StoreCall, Telemetry } from '../../core/ports/telemetry.js';

/** What a host may choose about its traces. */
export interface OpenTelemetryOptions {
  /** Whose tracer is used. Default: the one that is registered globally, by the SDK of the host. */
  readonly tracerProvider?: TracerProvider;
  /** Which engine the store is, in the words of the semantic conventions (`db.system.name`): `redis`, `postgresql`, `mysql`, `sqlite`. Default: not said. */
  readonly system?: string;
  /** Whether events on spans carry `session.id` and `enduser.id`. They are no credentials, and they are personal data. Default: false. */
  readonly identities?: boolean;
}

/** Named as the package, by which a collector tells our spans from others. */
const SCOPE = 'nestjs-hybrid-session';

/**
 * Traces: a span for each call of the store under whatever span is active, as the semantic conventions for database clients have it, and
 * an event on that active span for what happened to a session. Without an SDK in the host all of it comes to nothing.
 */
export class OpenTelemetry extends Telemetry {
  private readonly tracer: Tracer;
  private readonly system: Attributes;

  constructor(private readonly options: OpenTelemetryOptions = {}) {
    super();
    this.tracer = (options.tracerProvider ?? trace).getTracer(SCOPE);
    this.system = options.system === undefined ? {} : { 'db.system.name': options.system };
  }

  /** The span is made after the fact, so nothing stands between a request and its store. Calls outside of any trace make none. */
  override storeCalled({ operation, records, startedAt, duration, outcome, error }: StoreCall): void {
    const parent = context.active();
    if (trace.getSpan(parent) === undefined) return;
    const attributes: Attributes = { ...this.system, 'db.operation.name': operation };
    if (records > 1) attributes['db.operation.batch.size'] = records;
    const span = this.tracer.startSpan(
      `${operation} session_store`,
      { kind: SpanKind.CLIENT, startTime: startedAt, attributes },
      parent,
    );
    if (outcome !== 'ok') fail(span, outcome, error);
    span.end(startedAt + duration);
  }

  override happened(event: SessionEvent): void {
    trace.getActiveSpan()?.addEvent(event.type, this.attributesOf(event));
  }

  private attributesOf(event: SessionEvent): Attributes {
    const attributes: Attributes = {};
    if ('cause' in event) attributes['nhs.cause'] = event.cause;
    if ('reason' in event) attributes['nhs.reason'] = event.reason;
    if ('channel' in event) attributes['nhs.channel'] = event.channel;
    if (!this.options.identities) return attributes;
    if ('sessionId' in event && event.sessionId !== undefined) attributes['session.id'] = event.sessionId;
    if ('userId' in event && event.userId !== undefined) attributes['enduser.id'] = event.userId;
    return attributes;
  }
}

/** `error.type` is the outcome, of which there are few; a message could carry anything, and is left to the logs. */
function fail(span: Span, outcome: string, error: unknown): void {
  span.setAttribute('error.type', outcome === 'unavailable' ? outcome : nameOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
