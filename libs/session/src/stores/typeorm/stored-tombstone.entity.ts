import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** What is left for a while of a session that was ended: its id, which is never taken again, and why. */
@Entity('nhs_tombstones')
export class StoredTombstone {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64 })
  id!: string;

  @Column({ name: 'reason', type: 'varchar', length: 32 })
  reason!: string;

  /** By the clock of the database. */
  @Index('nhs_tombstones_to_sweep')
  @Column({ name: 'ended_at', type: 'bigint', transformer: wholeNumber })
  endedAt!: number;
}
