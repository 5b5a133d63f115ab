import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../whole-number.js';

/** A signing key: its private part is sealed, and the rest vouched for, with keys that are not in the database. */
@Entity('nhs_signing_keys')
export class SigningKeyRow {
  /** 1 for the first, one more for each that follows: two instances cannot both make the next. */
  @PrimaryColumn({ name: 'place', type: 'bigint', transformer: wholeNumber })
  place!: number;

  @Index('nhs_signing_keys_kid', { unique: true })
  @Column({ name: 'kid', type: 'varchar', length: 64 })
  kid!: string;

  @Column({ name: 'algorithm', type: 'varchar', length: 16 })
  algorithm!: string;

  @Column({ name: 'public_jwk', type: 'text' })
  publicJwk!: string;

  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  @Column({ name: 'signs_from', type: 'bigint', transformer: wholeNumber })
  signsFrom!: number;

  @Column({ name: 'retired_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  retiredAt!: number | null;

  /** Erased once the key has signed for the last time. */
  @Column({ name: 'sealed', type: 'text', nullable: true })
  sealed!: string | null;

  @Column({ name: 'voucher', type: 'varchar', length: 64 })
  voucher!: string;
}
