import { inPath, inQuery, object, operation, ref, type Paths, type Schema } from 'nestjs-hybrid-session/openapi';

const TEXT: Schema = { type: 'string' };
const ROLES: Schema = { type: 'array', items: TEXT };
const PROFILE = { displayName: TEXT, email: { type: ['string', 'null'] } };
const GUARDED = [401, 403, 503];
const BODY = [400, 413, 415];

const me = { tag: 'Me', by: 'either', refuses: [...GUARDED, ...BODY] } as const;
const admin = { tag: 'Administration', by: 'either', refuses: [400, 401, 403, 404, 503] } as const;
const change = { ...admin, unsafe: true, refuses: [...admin.refuses, 409, 413, 415] } as const;
const page = { tag: 'Pages', type: 'text/html' } as const;
/** As @nestjs/terminus answers: every check by its name, each with what stands in its way. */
const CHECKED = object({ status: TEXT, info: { type: 'object' }, error: { type: 'object' }, details: { type: 'object' } });
const id = [inPath('id')];
const USER_AND_ENDED = object({ user: ref('Account'), ended: { type: 'integer', minimum: 0 } });

const ENTRIES: Schema = {
  type: 'array',
  items: ref('AuditEntry'),
  description:
    'In the order of the trail: how the session began and ended, the newest 50 of what it did, and of refusals and of looks at it the newest 10 each.',
};

/** Schemas of what the application itself answers. */
export const APP_SCHEMAS: Readonly<Record<string, Schema>> = {
  Caller: object({ sub: TEXT, channel: TEXT, sid: TEXT, username: TEXT, roles: ROLES, ...PROFILE }, ['displayName', 'email'], {
    additionalProperties: false,
  }),
  Account: object(
    { id: TEXT, username: TEXT, ...PROFILE, roles: ROLES, createdAt: TEXT, disabledAt: { type: ['string', 'null'] } },
    [],
    { additionalProperties: false },
  ),
  AuditEntry: object({ seq: { type: 'integer' }, id: TEXT, at: TEXT, type: TEXT, outcome: TEXT, level: TEXT }),
  Explanation: object({ id: TEXT, state: TEXT, explanation: TEXT, entries: ENTRIES }),
};

const list = (schema: string): Schema => ({ type: 'array', items: ref(schema) });

/** The routes of the application, beside those of the library. */
export const APP_PATHS: Paths = {
  '/me': {
    get: operation({ ...me, summary: 'Who is asking', answers: { 200: ref('Caller') } }),
    patch: operation({
      ...me,
      unsafe: true,
      summary: 'Changes the name that is shown',
      fields: object({ displayName: TEXT }),
      answers: { 200: ref('Caller') },
    }),
  },
  '/me/email': {
    post: operation({
      ...me,
      unsafe: true,
      summary: 'Changes the address',
      fields: object({ email: TEXT }),
      answers: { 200: ref('Caller') },
    }),
  },
  '/browser/me': {
    get: operation({ ...me, by: 'cookie', summary: 'Who is asking, by cookie alone', answers: { 200: ref('Caller') } }),
  },
  '/api/me': {
    get: operation({ ...me, by: 'token', summary: 'Who is asking, by token alone', answers: { 200: ref('Caller') } }),
  },
  '/admin/users': {
    get: operation({ ...admin, summary: 'All users', answers: { 200: list('Account') } }),
    post: operation({
      ...change,
      summary: 'Makes a user',
      as: 'json',
      fields: object({ username: TEXT, password: TEXT, roles: ROLES }, ['roles']),
      answers: { 201: ref('Account') },
    }),
  },
  '/admin/users/{id}/roles': {
    put: operation({
      ...change,
      summary: 'Changes the roles of a user',
      parameters: id,
      as: 'json',
      fields: object({ roles: ROLES }),
      answers: { 200: object({ user: ref('Account'), sessions: { type: 'integer' } }) },
    }),
  },
  '/admin/users/{id}/disable': {
    post: operation({ ...change, summary: 'Stops a user', parameters: id, answers: { 200: USER_AND_ENDED } }),
  },
  '/admin/users/{id}/enable': {
    post: operation({
      ...change,
      summary: 'Lets a user in again',
      parameters: id,
      answers: { 200: object({ user: ref('Account') }) },
    }),
  },
  '/admin/users/{id}/password': {
    post: operation({
      ...change,
      summary: 'Sets a new password',
      parameters: id,
      as: 'json',
      fields: object({ newPassword: TEXT }),
      answers: { 200: USER_AND_ENDED },
    }),
  },
  '/admin/users/{id}/impersonate': {
    post: operation({
      ...change,
      summary: 'Acts for a user',
      parameters: id,
      answers: {
        200: object({ access_token: TEXT, token_type: TEXT, expires_in: { type: 'integer' }, session: ref('Session') }),
      },
    }),
  },
  '/admin/users/{id}/sessions': {
    get: operation({ ...admin, summary: 'The sessions of a user', parameters: id, answers: { 200: list('Session') } }),
    delete: operation({ ...change, summary: 'Ends them', parameters: id, answers: { 200: ref('Ended') } }),
  },
  '/admin/sessions/{id}': {
    delete: operation({ ...change, summary: 'Ends a session', parameters: id, answers: { 204: undefined } }),
  },
  '/admin/sessions/{id}/explain': {
    get: operation({ ...admin, summary: 'Why a session is refused', parameters: id, answers: { 200: ref('Explanation') } }),
  },
  '/admin/logout-everyone': {
    post: operation({ ...change, summary: 'Ends all sessions of all', answers: { 200: ref('Ended') } }),
  },
  '/admin/audit': {
    get: operation({
      ...admin,
      summary: 'The audit trail',
      parameters: ['user', 'type', 'after', 'before', 'limit'].map(inQuery),
      answers: { 200: list('AuditEntry') },
    }),
  },
  '/health/live': {
    get: operation({
      tag: 'Operation',
      summary: 'Whether the process is alive',
      answers: { 200: object({ status: { const: 'ok' } }) },
    }),
  },
  '/health/ready': {
    get: operation({ tag: 'Operation', summary: 'Whether it should get requests', answers: { 200: CHECKED, 503: CHECKED } }),
  },
  '/metrics': {
    get: operation({
      tag: 'Operation',
      summary: 'Metrics for Prometheus, behind a token of their own',
      type: 'text/plain',
      answers: { 200: TEXT },
      refuses: [401, 404],
    }),
  },
  '/': { get: operation({ ...page, by: 'cookie', summary: 'Your devices', answers: { 200: TEXT, 303: undefined } }) },
  '/login': { get: operation({ ...page, summary: 'Log in', answers: { 200: TEXT } }) },
  '/password': {
    get: operation({ ...page, by: 'cookie', summary: 'Change your password', answers: { 200: TEXT, 303: undefined } }),
  },
  '/assets/site.css': { get: operation({ ...page, summary: 'Their style', type: 'text/css', answers: { 200: TEXT } }) },
  '/assets/site.js': { get: operation({ ...page, summary: 'Their script', type: 'text/javascript', answers: { 200: TEXT } }) },
  '/assets/icon.svg': { get: operation({ ...page, summary: 'Their icon', type: 'image/svg+xml', answers: { 200: TEXT } }) },
  '/docs': { get: operation({ tag: 'Operation', summary: 'This, to read', type: 'text/html', answers: { 200: TEXT } }) },
  '/docs/openapi.json': {
    get: operation({ tag: 'Operation', summary: 'This, for programs', answers: { 200: { type: 'object' } } }),
  },
};
