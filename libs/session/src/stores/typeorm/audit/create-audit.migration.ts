import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { exactInnoDb } from '../exact-inno-db.js';

const AUDIT = 'nhs_audit';
const HEADS = 'nhs_audit_heads';

const text = (name: string, length: number, isNullable = false) => ({
  name,
  type: 'varchar',
  length: String(length),
  isNullable,
});

/** The first tables of the audit trail, on PostgreSQL, MySQL, MariaDB and SQLite. */
export class CreateAudit1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const engine = await exactInnoDb(runner);
    const findBy = (index: string, column: string) => ({ name: `nhs_audit_of_${index}`, columnNames: [column, 'seq'] });
    await runner.createTable(
      new Table({
        name: nameOf(runner, AUDIT),
        columns: [
          { name: 'seq', type: 'bigint', isPrimary: true },
          text('id', 32),
          { name: 'at', type: 'bigint' },
          text('type', 64),
          text('owasp', 64, true),
          text('user_id', 255, true),
          text('actor_id', 255, true),
          text('session_id', 64, true),
          { name: 'text', type: 'text' },
          text('hash', 64),
          text('key_id', 16),
          text('mac', 64),
        ],
        indices: [
          findBy('user', 'user_id'),
          findBy('actor', 'actor_id'),
          findBy('session', 'session_id'),
          findBy('type', 'type'),
          findBy('owasp', 'owasp'),
        ],
        ...engine,
      }),
    );
    await runner.createTable(
      new Table({
        name: nameOf(runner, HEADS),
        columns: [
          { ...text('name', 16), isPrimary: true },
          { name: 'seq', type: 'bigint' },
          text('hash', 64),
          { name: 'base_seq', type: 'bigint' },
          text('base_hash', 64),
          text('key_id', 16),
          text('mac', 64),
        ],
        ...engine,
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of [HEADS, AUDIT]) await runner.dropTable(nameOf(runner, name));
  }
}

function nameOf(runner: QueryRunner, name: string): string {
  return `${dataSourceOf(runner.manager).options.entityPrefix ?? ''}${name}`;
}
