import type { EnvironmentReader } from './environment-reader.js';

/** What the application tells whoever watches over it. */
export interface ObservabilityConfig {
  /** Who may read `GET /metrics`: nobody (it is not there), whoever comes, or who brings the token. */
  readonly metrics: 'off' | 'open' | { readonly token: string };
  /** Whether each request is logged. */
  readonly accessLog: boolean;
}

/** Characters: a token that could be guessed protects nothing. */
const SHORTEST_TOKEN = 16;

/** Reads `METRICS_TOKEN` and `ACCESS_LOG`. */
export function readObservability(reader: EnvironmentReader, production: boolean): ObservabilityConfig {
  return { metrics: readMetrics(reader, production), accessLog: reader.flag('ACCESS_LOG') ?? production };
}

function readMetrics(reader: EnvironmentReader, production: boolean): ObservabilityConfig['metrics'] {
  const token = reader.text('METRICS_TOKEN');
  if (token === undefined) return production ? 'off' : 'open';
  if (token.length < SHORTEST_TOKEN || !/^[\w.~+/-]+=*$/.test(token))
    reader.fault('METRICS_TOKEN', `needs ${SHORTEST_TOKEN} characters or more, all of them letters, digits or - . _ ~ + / =.`);
  return { token };
}
