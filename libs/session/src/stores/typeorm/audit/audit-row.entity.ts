import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../whole-number.js';

/** An entry of the audit trail. Read it if you like; `text` is what counts, the columns beside it are for finding it. */
@Entity('nhs_audit')
@Index('nhs_audit_of_user', ['userId', 'seq'])
@Index('nhs_audit_of_actor', ['actorId', 'seq'])
@Index('nhs_audit_of_session', ['sessionId', 'seq'])
@Index('nhs_audit_of_type', ['type', 'seq'])
@Index('nhs_audit_of_owasp', ['owasp', 'seq'])
export class AuditRow {
  /** Its place in the chain: 1, 2, 3 and so on, over all instances. */
  @PrimaryColumn({ name: 'seq', type: 'bigint', transformer: wholeNumber })
  seq!: number;

  @Column({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  @Column({ name: 'at', type: 'bigint', transformer: wholeNumber })
  at!: number;

  @Column({ name: 'type', type: 'varchar', length: 64 })
  type!: string;

  @Column({ name: 'owasp', type: 'varchar', length: 64, nullable: true })
  owasp!: string | null;

  @Column({ name: 'user_id', type: 'varchar', length: 255, nullable: true })
  userId!: string | null;

  @Column({ name: 'actor_id', type: 'varchar', length: 255, nullable: true })
  actorId!: string | null;

  @Column({ name: 'session_id', type: 'varchar', length: 64, nullable: true })
  sessionId!: string | null;

  /** The entry as JSON in ASCII: what is hashed. */
  @Column({ name: 'text', type: 'text' })
  text!: string;

  @Column({ name: 'hash', type: 'varchar', length: 64 })
  hash!: string;

  /** The key of the ring that `mac` was made with. */
  @Column({ name: 'key_id', type: 'varchar', length: 16 })
  keyId!: string;

  @Column({ name: 'mac', type: 'varchar', length: 64 })
  mac!: string;
}
