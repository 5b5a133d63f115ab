export { ExpressSessions } from './express-sessions.js';
export type { ExpressSessionsOptions } from './express-sessions.js';
