export { DpopKey, type DpopKeyPair } from './dpop-key.js';
