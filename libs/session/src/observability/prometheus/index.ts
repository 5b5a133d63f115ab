export { PrometheusTelemetry, type PrometheusTelemetryOptions } from './prometheus.telemetry.js';
