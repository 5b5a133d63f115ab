import { days, type KeyRotationOptions, type SessionOptions } from 'nestjs-hybrid-session';
import { z } from 'zod';
import type { EnvironmentReader } from './environment-reader.js';

/** The secrets of the session layer. */
export type SessionKeys = Pick<SessionOptions, 'keys' | 'signingKeys' | 'slotSecret'>;

/** Where signing keys are, and how those in the database are replaced. */
export interface SigningKeyConfig {
  readonly place: 'environment' | 'database';
  readonly rotation: KeyRotationOptions;
}

const text = z.string().optional();

/** A JSON Web Key as far as signing needs it. Unknown members are dropped. */
const jwk = z.object({
  kty: z.string(),
  kid: text,
  alg: text,
  use: text,
  crv: text,
  x: text,
  y: text,
  d: text,
  n: text,
  e: text,
  p: text,
  q: text,
  dp: text,
  dq: text,
  qi: text,
});

/** One key, or an array of them. */
export const jwks = z.union([jwk.transform((key) => [key]), z.array(jwk)]);

/** Reads `SIGNING_KEYS`, `SIGNING_ALGORITHM` and `KEY_ROTATION_DAYS`. */
export function readSigningKeyConfig(reader: EnvironmentReader): SigningKeyConfig {
  const algorithm = reader.choice('SIGNING_ALGORITHM', ['Ed25519', 'ES256', 'RS256']);
  const never = reader.text('KEY_ROTATION_DAYS')?.toLowerCase() === 'never';
  const every = never ? 'never' : reader.wholeNumber('KEY_ROTATION_DAYS', 1);
  return {
    place: reader.choice('SIGNING_KEYS', ['environment', 'database']) ?? 'environment',
    rotation: {
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(every === undefined ? {} : { every: every === 'never' ? every : days(every) }),
    },
  };
}

/** Reads `SESSION_KEYS`, `JWT_PRIVATE_JWK` and `SESSION_SLOT_SECRET`. What is absent stays absent. */
export function readKeys(reader: EnvironmentReader, production: boolean, { place }: SigningKeyConfig): Partial<SessionKeys> {
  const keys = reader.list('SESSION_KEYS');
  const signingKeys = readSigningKeys(reader) ?? (place === 'database' ? [] : undefined);
  const slotSecret = reader.text('SESSION_SLOT_SECRET');
  if (production && keys.length === 0) {
    reader.fault(
      'SESSION_KEYS',
      'is not set: write 32 random bytes as base64url (openssl rand -base64 32 | tr +/ -_ | tr -d =).',
    );
  }
  if (production && signingKeys === undefined && reader.text('JWT_PRIVATE_JWK') === undefined) {
    reader.fault(
      'JWT_PRIVATE_JWK',
      'is not set: write a private JWK with a kid, Ed25519 for example, or keep the keys in the database (SIGNING_KEYS=database).',
    );
  }
  return {
    ...(keys.length > 0 ? { keys } : {}),
    ...(signingKeys ? { signingKeys } : {}),
    ...(slotSecret ? { slotSecret } : {}),
  };
}

function readSigningKeys(reader: EnvironmentReader): SessionKeys['signingKeys'] | undefined {
  const given = reader.text('JWT_PRIVATE_JWK');
  if (given === undefined) return undefined;
  const parsed = jwks.safeParse(jsonOf(given));
  // Never repeat the text, nor what the parser says of it: it is a private key.
  if (!parsed.success)
    return reader.fault('JWT_PRIVATE_JWK', 'is not a JWK: write one JSON object with kty and kid, or an array of them.');
  return parsed.data;
}

/** What a JSON text says; `undefined` where it is none. */
export function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
