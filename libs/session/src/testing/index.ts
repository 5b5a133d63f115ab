export { aRecord, aSubject } from './a-record.js';
export { FakeClock } from './fake-clock.js';
export { storeContract } from './store-contract.js';
export type { ContractRunner, StoreContractOptions, StoreUnderContract } from './store-contract.js';
export type { FeedReach } from './contract/change-claims.js';
