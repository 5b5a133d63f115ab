import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** What an operation came to, for a caller that lost the answer. A long outcome is spread over several rows. */
@Entity('nhs_operations')
export class StoredOperation {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64 })
  id!: string;

  @PrimaryColumn({ name: 'part', type: 'smallint' })
  part!: number;

  @Column({ name: 'outcome', type: 'text' })
  outcome!: string;

  /** By the clock of the database. */
  @Index('nhs_operations_to_sweep')
  @Column({ name: 'done_at', type: 'bigint', transformer: wholeNumber })
  doneAt!: number;
}
