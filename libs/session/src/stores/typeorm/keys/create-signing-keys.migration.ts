import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { exactInnoDb } from '../exact-inno-db.js';

const KEYS = 'nhs_signing_keys';

/** The first table of the signing keys, on PostgreSQL, MySQL, MariaDB and SQLite. */
export class CreateSigningKeys1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: nameOf(runner),
        columns: [
          { name: 'place', type: 'bigint', isPrimary: true },
          { name: 'kid', type: 'varchar', length: '64' },
          { name: 'algorithm', type: 'varchar', length: '16' },
          { name: 'public_jwk', type: 'text' },
          { name: 'created_at', type: 'bigint' },
          { name: 'signs_from', type: 'bigint' },
          { name: 'retired_at', type: 'bigint', isNullable: true },
          { name: 'sealed', type: 'text', isNullable: true },
          { name: 'voucher', type: 'varchar', length: '64' },
        ],
        indices: [{ name: 'nhs_signing_keys_kid', columnNames: ['kid'], isUnique: true }],
        ...(await exactInnoDb(runner)),
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(nameOf(runner));
  }
}

function nameOf(runner: QueryRunner): string {
  return `${dataSourceOf(runner.manager).options.entityPrefix ?? ''}${KEYS}`;
}
