import type { SignalStream } from 'nestjs-hybrid-session';
import { z } from 'zod';
import type { EnvironmentReader } from './environment-reader.js';
import { jsonOf } from './key-config.js';

const streams = z.array(
  z.strictObject({
    id: z.string(),
    audience: z.string(),
    client: z.string().exactOptional(),
    push: z.strictObject({ url: z.string(), authorization: z.string().exactOptional() }).exactOptional(),
    events: z.array(z.enum(['session-revoked', 'credential-change'])).exactOptional(),
  }),
);

/** Reads `SIGNAL_STREAMS`: a JSON array of the streams, as the library takes them. */
export function readSignalStreams(reader: EnvironmentReader): readonly SignalStream[] {
  const given = reader.text('SIGNAL_STREAMS');
  const parsed = streams.safeParse(given === undefined ? [] : jsonOf(given));
  if (parsed.success) return parsed.data;
  reader.fault(
    'SIGNAL_STREAMS',
    'is not what it must be: write a JSON array of { "id", "audience", "client" or "push": { "url", "authorization" }, "events" }.',
  );
  return [];
}
