import type { DataSource } from 'typeorm';
import { InvalidOptionsError } from '../../../core/errors.js';
import { SigningKeyStore, type StoredSigningKey } from '../../../core/ports/signing-key-store.js';
import { DatabaseLink } from '../database-link.js';
import { numberOf, type Row, textOf, type Value } from '../record-row.js';
import { SigningKeyRow } from './signing-key.entity.js';

const COLUMNS = 'kid, algorithm, public_jwk, created_at, signs_from, retired_at, sealed, voucher';

/** How {@link TypeOrmSigningKeys} use their database. */
export interface TypeOrmSigningKeysOptions {
  /** Milliseconds that one call may take, the wait for a connection included. Default 2,000. */
  readonly deadline?: number;
}

/**
 * Signing keys in SQL: PostgreSQL, MySQL 8, MariaDB 10.6 or SQLite, or later. Given the data source of the host, which knows
 * `signingKeyEntities` and has run `signingKeyMigrations`.
 */
export class TypeOrmSigningKeys extends SigningKeyStore {
  private readonly link: DatabaseLink;
  private known: string | undefined;

  /** @throws InvalidOptionsError for an engine that is not supported */
  constructor(dataSource: DataSource, options: TypeOrmSigningKeysOptions = {}) {
    super();
    this.link = new DatabaseLink(dataSource, options.deadline ?? 2_000);
  }

  time(): Promise<number> {
    return this.link.ask(async (connection) => {
      const [row = {}] = await connection.rows(`SELECT ${connection.engine.now} AS now`);
      return numberOf(row, 'now');
    });
  }

  all(): Promise<readonly StoredSigningKey[]> {
    return this.link.ask(async (connection) => {
      const rows = await connection.rows(`SELECT place, ${COLUMNS} FROM ${this.table} ORDER BY place`);
      return rows.map(keyOf);
    });
  }

  add(key: StoredSigningKey): Promise<boolean> {
    return this.link.step(async (connection) => {
      const untouched = connection.engine.upsert('place', ['place']);
      const insert = `INSERT INTO ${this.table} (place, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)${untouched}`;
      await connection.run(insert, [key.place, ...valuesOf(key)]);
      const [row] = await connection.rows(`SELECT voucher FROM ${this.table} WHERE place = ?`, [key.place]);
      return row !== undefined && textOf(row, 'voucher') === key.voucher;
    });
  }

  replace(key: StoredSigningKey, voucher: string): Promise<boolean> {
    return this.link.step(async (connection) => {
      const set = COLUMNS.split(', ').map((column) => `${column} = ?`);
      const update = `UPDATE ${this.table} SET ${set.join(', ')} WHERE place = ? AND voucher = ?`;
      return (await connection.run(update, [...valuesOf(key), key.place, voucher])) > 0;
    });
  }

  async erase(place: number): Promise<void> {
    await this.link.change((connection) => connection.run(`UPDATE ${this.table} SET sealed = NULL WHERE place = ?`, [place]));
  }

  private get table(): string {
    return (this.known ??= tableOf(this.link.dataSource));
  }
}

function tableOf(dataSource: DataSource): string {
  if (!dataSource.hasMetadata(SigningKeyRow)) {
    const cure = 'Initialise it with entities: [...signingKeyEntities] and migrations: [...signingKeyMigrations].';
    throw new InvalidOptionsError([
      `dataSource: it does not know the entities of the signing keys, or is not initialised. ${cure}`,
    ]);
  }
  const path = dataSource.getMetadata(SigningKeyRow).tablePath.split('.');
  return path.map((part) => dataSource.driver.escape(part)).join('.');
}

function valuesOf({
  kid,
  algorithm,
  publicJwk,
  createdAt,
  signsFrom,
  retiredAt,
  sealed,
  voucher,
}: StoredSigningKey): readonly Value[] {
  return [kid, algorithm, publicJwk, createdAt, signsFrom, retiredAt ?? null, sealed ?? null, voucher];
}

function keyOf(row: Row): StoredSigningKey {
  const isThere = (name: string) => row[name] !== null && row[name] !== undefined;
  return {
    place: numberOf(row, 'place'),
    kid: textOf(row, 'kid'),
    algorithm: textOf(row, 'algorithm'),
    publicJwk: textOf(row, 'public_jwk'),
    createdAt: numberOf(row, 'created_at'),
    signsFrom: numberOf(row, 'signs_from'),
    ...(isThere('retired_at') ? { retiredAt: numberOf(row, 'retired_at') } : {}),
    ...(isThere('sealed') ? { sealed: textOf(row, 'sealed') } : {}),
    voucher: textOf(row, 'voucher'),
  };
}
