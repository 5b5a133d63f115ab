import { TEXT } from './components.js';
import { inPath, object, operation, ref, type Paths } from './operation.js';

const FLAG = { type: ['boolean', 'string'] };
const CREDENTIALS = { username: TEXT, password: TEXT };
const ISSUED = { anyOf: [ref('Login'), ref('Tokens')] };
const login = { tag: 'Login', unsafe: true } as const;
const own = { tag: 'Sessions', by: 'either' } as const;
const GUARDED = [401, 403, 503];
const PASSWORD_DOOR = [400, 401, 403, 413, 415, 429, 503];

/** `/auth`: logging in and out, and a person's own sessions. */
export const AUTH_PATHS: Paths = {
  '/auth/login': {
    post: operation({
      ...login,
      summary: 'Logs a browser in',
      fields: object({ ...CREDENTIALS, remember: FLAG, endOthers: FLAG }, ['remember', 'endOthers']),
      answers: { 200: ref('Login'), 303: undefined },
      refuses: [...PASSWORD_DOOR, 409],
    }),
  },
  '/auth/session': {
    get: operation({
      tag: 'Login',
      by: 'cookie',
      summary: 'Who is logged in, with a CSRF token',
      answers: { 200: ref('Login') },
      refuses: GUARDED,
    }),
  },
  '/auth/logout': {
    post: operation({
      ...login,
      by: 'either',
      summary: 'Ends the session that asks; without one, nothing',
      answers: { 204: undefined },
      refuses: [400, 401, 403, 503],
    }),
  },
  '/auth/token': {
    post: operation({
      ...login,
      summary: 'Logs an app in',
      as: 'json',
      fields: object({ ...CREDENTIALS, device: TEXT, client_id: TEXT, scope: TEXT, endOthers: FLAG }, [
        'device',
        'client_id',
        'scope',
        'endOthers',
      ]),
      answers: { 200: ref('Tokens') },
      refuses: [...PASSWORD_DOOR, 409],
    }),
  },
  '/auth/session/token': {
    post: operation({
      ...login,
      by: 'cookie',
      summary: 'An access token of the cookie’s own session',
      answers: { 200: ref('Tokens') },
      refuses: [400, ...GUARDED],
    }),
  },
  '/auth/reauthenticate': {
    post: operation({
      ...login,
      by: 'either',
      summary: 'Proves the password again; the session has a new secret',
      fields: object({ password: TEXT }),
      answers: { 200: ISSUED },
      refuses: [...PASSWORD_DOOR, 409],
    }),
  },
  '/auth/password': {
    post: operation({
      ...login,
      by: 'either',
      summary: 'Changes the password; every other session ends',
      fields: object({ currentPassword: TEXT, newPassword: TEXT }),
      answers: { 200: ISSUED },
      refuses: [...PASSWORD_DOOR, 409],
    }),
  },
  '/auth/sessions': {
    get: operation({
      ...own,
      summary: 'The sessions of whoever asks',
      answers: { 200: { type: 'array', items: ref('Session') } },
      refuses: GUARDED,
    }),
    delete: operation({
      ...own,
      unsafe: true,
      summary: 'Ends all but this one',
      answers: { 200: ref('Ended') },
      refuses: GUARDED,
    }),
  },
  '/auth/sessions/{id}': {
    delete: operation({
      ...own,
      unsafe: true,
      summary: 'Ends one of them',
      parameters: [inPath('id')],
      answers: { 204: undefined },
      refuses: [...GUARDED, 404],
    }),
  },
  '/auth/logout-all': {
    post: operation({
      ...own,
      unsafe: true,
      summary: 'Ends all, this one too',
      answers: { 200: ref('Ended') },
      refuses: GUARDED,
    }),
  },
};
