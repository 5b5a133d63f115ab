import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** How far the journal of a slot has come. Its row is locked by whoever writes entries, until that is committed. */
@Entity('nhs_journal_heads')
export class JournalHead {
  @PrimaryColumn({ name: 'slot', type: 'varchar', length: 16 })
  slot!: string;

  /** The last sequence number given out. */
  @Column({ name: 'head', type: 'bigint', transformer: wholeNumber })
  head!: number;

  /** The last one that is known to have been applied. */
  @Column({ name: 'settled', type: 'bigint', transformer: wholeNumber })
  settled!: number;

  /** 1 while there may be entries that nobody has applied. */
  @Index('nhs_journal_unsettled')
  @Column({ name: 'unsettled', type: 'smallint' })
  unsettled!: number;
}
