import { inPath, inQuery, operation, type Paths, type Schema } from 'nestjs-hybrid-session/openapi';

const TEXT: Schema = { type: 'string' };

const view = { tag: 'Console', by: 'cookie', type: 'text/html', answers: { 200: TEXT, 303: undefined } } as const;
const asset = { tag: 'Console', answers: { 200: TEXT } } as const;
const live = { tag: 'Console', by: 'either', refuses: [401, 403, 503] } as const;
const SPAN = inQuery('span');

/** The operator's console, for people: whoever is no administrator gets a page that says so. */
export const CONSOLE_PATHS: Paths = {
  '/console': { get: operation({ ...view, summary: 'Figures over time', parameters: [SPAN] }) },
  '/console/people': { get: operation({ ...view, summary: 'Users, by the beginning of their name' }) },
  '/console/people/{id}': {
    get: operation({ ...view, summary: 'A user and the sessions he has', parameters: [inPath('id')] }),
  },
  '/console/trail': { get: operation({ ...view, summary: 'The audit trail, filtered' }) },
  '/console/sessions': { get: operation({ ...view, summary: 'Asks for a session id' }) },
  '/console/sessions/{id}': {
    get: operation({ ...view, summary: 'The life of a session, and why it is refused', parameters: [inPath('id')] }),
  },
  '/admin/live': {
    get: operation({
      ...live,
      type: 'text/event-stream',
      summary: 'Figures and new entries, until the session ends',
      parameters: [SPAN],
      answers: { 200: TEXT },
    }),
  },
  '/admin/live/permission': {
    get: operation({ ...live, summary: 'Whether the stream may be opened', answers: { 204: undefined } }),
  },
  '/assets/console.css': { get: operation({ ...asset, type: 'text/css', summary: 'Its style' }) },
  '/assets/console.js': { get: operation({ ...asset, type: 'text/javascript', summary: 'Its script' }) },
};
