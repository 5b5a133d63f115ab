import { StoredCount } from './stored-count.entity.js';
import { StoredFence } from './stored-fence.entity.js';
import { StoredOperation } from './stored-operation.entity.js';
import { StoredSession } from './stored-session.entity.js';
import { StoredTombstone } from './stored-tombstone.entity.js';

/** The entities of the store and the counters, for the `entities` of the data source that they are given. */
export const sessionEntities = [StoredSession, StoredFence, StoredTombstone, StoredOperation, StoredCount];
