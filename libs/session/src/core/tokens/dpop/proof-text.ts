import { decodeBase64url } from '../../secrets/base64url.js';

/** A JWT, taken apart and not verified. */
export interface ProofText {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What every proof says of itself (RFC 9449 §4.2). Times are seconds since the epoch. */
export interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
}

const MAX_JTI_LENGTH = 256;

/** Takes a JWT apart. Only three parts, each the one spelling of its bytes and two of them JSON objects, are one. */
export function readProof(text: string): ProofText | undefined {
  const [header = '', payload = '', signature = '', more] = text.split('.');
  if (more !== undefined || signature === '' || !decodeBase64url(signature)) return undefined;
  const [head, claims] = [jsonIn(header), jsonIn(payload)];
  return head && claims && { text, header: head, claims };
}

/** The claims that every proof has, each of its type; `undefined` when one is not there. */
export function claimsOf({ claims }: ProofText): ProofClaims | undefined {
  const { jti, htm, htu, iat } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return undefined;
  if (typeof htm !== 'string' || typeof htu !== 'string') return undefined;
  return typeof iat === 'number' && Number.isFinite(iat) ? { jti, htm, htu, iat } : undefined;
}

function jsonIn(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64url(part);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a member of a JSON text is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
