import { object, ref, type Schema } from './operation.js';

export const TEXT: Schema = { type: 'string' };
const TIME: Schema = { type: 'string', format: 'date-time' };
export const COUNT: Schema = { type: 'integer', minimum: 0 };
const FLAG: Schema = { type: 'boolean' };
const TEXTS: Schema = { type: 'array', items: TEXT };

/** The schemas of what the library answers. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object({ type: TEXT, title: TEXT, status: { type: 'integer' }, code: TEXT, detail: TEXT, field: TEXT }, ['field'], {
    description: 'RFC 9457. `code` is for programs, and stable.',
  }),
  OAuthError: object({ error: TEXT, error_description: TEXT }, ['error_description'], { description: 'RFC 6749 §5.2.' }),
  User: object(
    {
      id: TEXT,
      username: TEXT,
      roles: TEXTS,
      tenant: TEXT,
      claims: { type: 'object' },
      actor: { type: 'object' },
    },
    ['tenant', 'claims', 'actor'],
  ),
  Session: object(
    {
      id: TEXT,
      channel: { enum: ['browser', 'api', 'support', 'visitor'] },
      clientId: TEXT,
      device: TEXT,
      ip: TEXT,
      createdAt: TIME,
      authenticatedAt: TIME,
      lastSeenAt: TIME,
      expiresAt: TIME,
      endsAt: TIME,
      remembered: FLAG,
      current: FLAG,
      actor: TEXT,
    },
    ['clientId', 'actor'],
    { additionalProperties: false },
  ),
  Login: object({ user: ref('User'), session: ref('Session'), csrfToken: TEXT }, [], { additionalProperties: false }),
  Tokens: object(
    {
      access_token: TEXT,
      token_type: { enum: ['Bearer', 'DPoP'] },
      expires_in: COUNT,
      refresh_token: TEXT,
      scope: TEXT,
      device_secret: TEXT,
    },
    ['refresh_token', 'scope', 'device_secret'],
    { additionalProperties: false, description: 'RFC 6749 §5.1.' },
  ),
  Ended: object({ ended: COUNT }, [], { additionalProperties: false }),
  Introspection: object({ active: FLAG }, [], { description: 'RFC 7662 §2.2. Nothing but `active` for what is not alive.' }),
  Keys: object({ keys: { type: 'array', items: object({ kty: TEXT, kid: TEXT, d: { not: {} } }, ['d']) } }, [], {
    description: 'RFC 7517, the public parts alone.',
  }),
  Metadata: object({ issuer: TEXT }, [], { description: 'RFC 8414.' }),
};

/** How requests say who sends them. */
export function securitySchemes(cookieName: string): Readonly<Record<string, Schema>> {
  return {
    sessionCookie: { type: 'apiKey', in: 'cookie', name: cookieName },
    accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    clientBasic: { type: 'http', scheme: 'basic', description: 'Or in the body, as RFC 6749 §2.3.1 and RFC 7523 have it.' },
  };
}
