import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** A user's fence. Its row is locked first by everything that adds, renews or ends sessions of the user (design §13). */
@Entity('nhs_fences')
export class StoredFence {
  @PrimaryColumn({ name: 'user_id', type: 'varchar', length: 255 })
  userId!: string;

  @Column({ name: 'value', type: 'varchar', length: 32 })
  value!: string;

  /** When it was last read, by the clock of the database. */
  @Index('nhs_fences_to_sweep')
  @Column({ name: 'seen_at', type: 'bigint', transformer: wholeNumber })
  seenAt!: number;
}
