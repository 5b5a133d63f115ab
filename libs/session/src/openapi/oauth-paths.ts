import { COUNT, TEXT } from './components.js';
import { inPath, inQuery, object, operation, ref, type Paths } from './operation.js';

const oauth = { tag: 'OAuth', by: 'client', refusal: 'oauth', refuses: [400, 401, 413, 415, 503] } as const;
const signals = { ...oauth, tag: 'Signals', refuses: [...oauth.refuses, 404] } as const;
const open = { tag: 'Metadata' } as const;
const NOTHING = object({}, [], { additionalProperties: false });
const METADATA = operation({ ...open, summary: 'What the server can do', answers: { 200: ref('Metadata') } });

/** `/oauth` and `/.well-known`: for clients, resource servers and receivers of signals. */
export const OAUTH_PATHS: Paths = {
  '/oauth/token': {
    post: operation({
      ...oauth,
      summary: 'Refreshes (RFC 6749 §6)',
      as: 'form',
      fields: object({ grant_type: { const: 'refresh_token' }, refresh_token: TEXT, scope: TEXT, client_id: TEXT }, [
        'scope',
        'client_id',
      ]),
      answers: { 200: ref('Tokens') },
    }),
  },
  '/oauth/revoke': {
    post: operation({
      ...oauth,
      summary: 'Ends the session of a token (RFC 7009)',
      as: 'form',
      fields: object({ token: TEXT, client_id: TEXT }, ['client_id']),
      answers: { 200: NOTHING },
    }),
  },
  '/oauth/introspect': {
    post: operation({
      ...oauth,
      summary: 'Whether a token is alive (RFC 7662)',
      as: 'form',
      fields: object({ token: TEXT }),
      answers: { 200: ref('Introspection') },
    }),
  },
  '/oauth/global-token-revocation': {
    post: operation({
      ...oauth,
      summary: 'Ends all sessions of a user (Global Token Revocation)',
      as: 'json',
      fields: object({ sub_id: object({ format: TEXT }) }),
      answers: { 204: undefined },
      refuses: [...oauth.refuses, 403, 404],
    }),
  },
  '/oauth/signals/streams': {
    get: operation({
      ...signals,
      summary: 'How the receiver’s streams are set up',
      parameters: [inQuery('stream_id')],
      answers: { 200: { type: ['array', 'object'] } },
    }),
  },
  '/oauth/signals/verification': {
    post: operation({
      ...signals,
      summary: 'Asks for a signal that proves the stream',
      as: 'json',
      fields: object({ stream_id: TEXT, state: TEXT }, ['state']),
      answers: { 204: undefined },
    }),
  },
  '/oauth/signals/poll/{stream}': {
    post: operation({
      ...signals,
      summary: 'Fetches signals (RFC 8936)',
      parameters: [inPath('stream')],
      as: 'json',
      fields: object({ maxEvents: COUNT, returnImmediately: { type: 'boolean' } }, ['maxEvents', 'returnImmediately']),
      answers: { 200: object({ sets: { type: 'object' }, moreAvailable: { type: 'boolean' } }) },
    }),
  },
  '/.well-known/jwks.json': {
    get: operation({ ...open, summary: 'The public signing keys', answers: { 200: ref('Keys') } }),
  },
  '/.well-known/oauth-authorization-server': { get: METADATA },
  '/.well-known/openid-configuration': { get: METADATA },
  '/.well-known/ssf-configuration': {
    get: operation({
      ...open,
      summary: 'What the transmitter of signals can do',
      answers: { 200: ref('Metadata') },
      refuses: [404],
    }),
  },
};
