import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../whole-number.js';

/** An entry of the audit trail that has not reached the receiver of a stream. What it says is in the trail, where it is vouched for. */
@Entity('nhs_signals')
@Index('nhs_signals_by_id', ['stream', 'id'])
@Index('nhs_signals_by_due', ['stream', 'dueAt', 'seq'])
export class SignalRow {
  @PrimaryColumn({ name: 'stream', type: 'varchar', length: 64 })
  stream!: string;

  /** The place of the entry in the trail. */
  @PrimaryColumn({ name: 'seq', type: 'bigint', transformer: wholeNumber })
  seq!: number;

  @Column({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  /** When it came into the stream. */
  @Column({ name: 'at', type: 'bigint', transformer: wholeNumber })
  at!: number;

  @Column({ name: 'due_at', type: 'bigint', transformer: wholeNumber })
  dueAt!: number;
}
