import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** One count of `TypeOrmCounters`: how often something happened in the window that is open. */
@Entity('nhs_counts')
export class StoredCount {
  /** Names rule and key: a hash, since keys may be longer than an index takes, or personal data. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64 })
  id!: string;

  @Column({ name: 'hits', type: 'bigint', transformer: wholeNumber })
  hits!: number;

  /** Of paced hits: when the window began, by the clock of the caller; else 0. */
  @Column({ name: 'began_at', type: 'bigint', transformer: wholeNumber })
  beganAt!: number;

  /** Of paced hits: when the next one is allowed, by the clock of the caller; else 0. */
  @Column({ name: 'paused_until', type: 'bigint', transformer: wholeNumber })
  pausedUntil!: number;

  /** When the window ends, by the clock of the database. */
  @Index('nhs_counts_to_sweep')
  @Column({ name: 'ends_at', type: 'bigint', transformer: wholeNumber })
  endsAt!: number;
}
