export { aRecord, aSubject } from './a-record.js';
export { FakeClock } from './fake-clock.js';
export { storeContract } from './store-contract.js';
export type { ContractRunner, StoreContractOptions, StoreUnderContract } from './store-contract.js';
export type { FeedReach } from './contract/change-claims.js';
export { actingAs } from './acting-as.js';
export type { Acting, ActingOptions, ActingUser, SessionHost } from './acting-as.js';
