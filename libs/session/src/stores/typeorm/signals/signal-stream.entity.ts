import { Column, Entity, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../whole-number.js';

/** How far a stream of signals has come in the audit trail, and until when nobody else delivers. */
@Entity('nhs_signal_streams')
export class SignalStreamRow {
  @PrimaryColumn({ name: 'stream', type: 'varchar', length: 64 })
  stream!: string;

  @Column({ name: 'position', type: 'bigint', transformer: wholeNumber })
  position!: number;

  @Column({ name: 'claimed_until', type: 'bigint', transformer: wholeNumber })
  claimedUntil!: number;
}
