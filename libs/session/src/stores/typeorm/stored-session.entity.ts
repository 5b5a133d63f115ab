import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from './whole-number.js';

/** A session record as a row (design §3). Times and durations are milliseconds. Read it if you like; write it through the store only. */
@Entity('nhs_sessions')
@Index('nhs_sessions_of_user', ['userId', 'channel'])
export class StoredSession {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64 })
  id!: string;

  @Column({ name: 'user_id', type: 'varchar', length: 255 })
  userId!: string;

  @Column({ name: 'channel', type: 'varchar', length: 8 })
  channel!: string;

  @Column({ name: 'client_id', type: 'varchar', length: 255, nullable: true })
  clientId!: string | null;

  @Column({ name: 'scope', type: 'text', nullable: true })
  scope!: string | null;

  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  @Column({ name: 'authenticated_at', type: 'bigint', transformer: wholeNumber })
  authenticatedAt!: number;

  @Column({ name: 'idle_timeout', type: 'bigint', transformer: wholeNumber })
  idleTimeout!: number;

  @Column({ name: 'expires_at', type: 'bigint', transformer: wholeNumber })
  expiresAt!: number;

  @Column({ name: 'amr', type: 'varchar', length: 255 })
  amr!: string;

  @Column({ name: 'acr', type: 'varchar', length: 255 })
  acr!: string;

  @Column({ name: 'remembered', type: 'smallint' })
  remembered!: number;

  @Column({ name: 'dpop_thumbprint', type: 'varchar', length: 64, nullable: true })
  dpopThumbprint!: string | null;

  @Column({ name: 'salt', type: 'varchar', length: 64 })
  salt!: string;

  @Column({ name: 'key_id', type: 'varchar', length: 255 })
  keyId!: string;

  @Column({ name: 'generation', type: 'bigint', transformer: wholeNumber })
  generation!: number;

  @Column({ name: 'used_at', type: 'bigint', transformer: wholeNumber })
  usedAt!: number;

  @Column({ name: 'min_generation', type: 'bigint', transformer: wholeNumber })
  minGeneration!: number;

  @Column({ name: 'replays', type: 'smallint' })
  replays!: number;

  @Column({ name: 'last_seen_at', type: 'bigint', transformer: wholeNumber })
  lastSeenAt!: number;

  @Column({ name: 'version', type: 'bigint', transformer: wholeNumber })
  version!: number;

  @Column({ name: 'sealed', type: 'text' })
  sealed!: string;

  /**
   * When the sweep looks at the row next: at an end that it had once. A use does not move it, so that no use has to touch an
   * index; a session that was used meanwhile is given its new end by the sweep.
   */
  @Index('nhs_sessions_to_sweep')
  @Column({ name: 'sweep_at', type: 'bigint', transformer: wholeNumber })
  sweepAt!: number;
}
