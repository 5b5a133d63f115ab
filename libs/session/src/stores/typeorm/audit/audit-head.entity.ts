import { Column, Entity, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../whole-number.js';

/** How far the audit trail reaches, and where it begins. Its one row is locked by whoever appends, until that is committed. */
@Entity('nhs_audit_heads')
export class AuditHead {
  @PrimaryColumn({ name: 'name', type: 'varchar', length: 16 })
  name!: string;

  @Column({ name: 'seq', type: 'bigint', transformer: wholeNumber })
  seq!: number;

  @Column({ name: 'hash', type: 'varchar', length: 64 })
  hash!: string;

  /** The last entry that was removed because it was old enough; 0: none. */
  @Column({ name: 'base_seq', type: 'bigint', transformer: wholeNumber })
  baseSeq!: number;

  @Column({ name: 'base_hash', type: 'varchar', length: 64 })
  baseHash!: string;

  @Column({ name: 'key_id', type: 'varchar', length: 16 })
  keyId!: string;

  @Column({ name: 'mac', type: 'varchar', length: 64 })
  mac!: string;
}
