import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** An ending or a renewal, for a session store that may forget it. */
@Entity('nhs_journal')
export class JournalRow {
  @PrimaryColumn({ name: 'slot', type: 'varchar', length: 16 })
  slot!: string;

  /** Its place among those of the slot. */
  @PrimaryColumn({ name: 'seq', type: 'bigint', transformer: wholeNumber })
  seq!: number;

  @Index('nhs_journal_operations', { unique: true })
  @Column({ name: 'operation', type: 'varchar', length: 64 })
  operation!: string;

  /** When it was asked for. */
  @Column({ name: 'asked_at', type: 'bigint', transformer: wholeNumber })
  askedAt!: number;

  /** When nobody needs it any more. */
  @Index('nhs_journal_to_prune')
  @Column({ name: 'until_at', type: 'bigint', transformer: wholeNumber })
  untilAt!: number;

  /** The act as JSON. Records in it are sealed as they are in the session store: it is no secret (P6). */
  @Column({ name: 'act', type: 'text' })
  act!: string;
}
