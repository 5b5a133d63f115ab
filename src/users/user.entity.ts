import { Column, Entity, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** Instants as milliseconds since the epoch: the one form that both engines keep alike. PostgreSQL gives a bigint back as text. */
const instant: ValueTransformer = {
  to: (value: Date | null | undefined) => value?.getTime() ?? null,
  from: (value: string | number | null) => (value === null ? null : new Date(Number(value))),
};

/** A person who can log in. */
@Entity('users')
export class User {
  /** A random UUID: stable, and says nothing of the person. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  /** Always in the spelling of `normaliseUsername`. */
  @Column({ type: 'varchar', length: 64, unique: true })
  username!: string;

  /** Read only where it is asked for by name, so that it cannot slip into an answer. */
  @Column({ type: 'varchar', length: 255, select: false })
  passwordHash!: string;

  @Column({ type: 'simple-array' })
  roles!: string[];

  /** Counts the changes of the roles. */
  @Column({ type: 'integer', default: 0 })
  rolesVersion!: number;

  /** 1 as long as the sessions of this user were not told of the last one. */
  @Index('users_untold_roles')
  @Column({ type: 'smallint', default: 0 })
  rolesUntold!: number;

  @Column({ type: 'varchar', length: 100 })
  displayName!: string;

  @Column({ type: 'varchar', length: 254, nullable: true })
  email!: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: instant })
  disabledAt!: Date | null;

  @Column({ type: 'bigint', transformer: instant })
  createdAt!: Date;

  @Column({ type: 'bigint', transformer: instant })
  passwordChangedAt!: Date;
}
