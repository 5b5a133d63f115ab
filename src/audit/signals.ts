import type { SessionOptions, SignalsOptions, SignalStream } from 'nestjs-hybrid-session';
import { TypeOrmSignalOutbox } from 'nestjs-hybrid-session/typeorm';
import type { DataSource } from 'typeorm';
import type { AppAct } from './app-acts.js';

const RESET: AppAct = 'user.password_reset';

/** What others are told comes from the audit trail beside the users, and waits for them there. */
export function signalsOf(streams: readonly SignalStream[], users: DataSource, keys: SessionOptions['keys']): SignalsOptions {
  return { streams, outbox: new TypeOrmSignalOutbox(users, { keys }), passwordChanges: [RESET] };
}
