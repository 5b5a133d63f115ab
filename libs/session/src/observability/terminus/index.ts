export { SessionStoreHealthIndicator, type SessionStoreHealthResult } from './session-store.health.js';
