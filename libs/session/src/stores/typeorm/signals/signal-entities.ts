import { SignalRow } from './signal.entity.js';
import { SignalStreamRow } from './signal-stream.entity.js';

/** The entities of the signals, for the `entities` of the data source that has those of the audit trail. */
export const signalEntities = [SignalStreamRow, SignalRow];
