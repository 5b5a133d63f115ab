import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';

const UNTOLD = new TableIndex({ name: 'users_untold_roles', columnNames: ['rolesUntold'] });

/** Counts changes of roles, and knows which of them the sessions of the user were not told yet. */
export class AddRolesVersion1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('users', [
      new TableColumn({ name: 'rolesVersion', type: 'integer', default: 0 }),
      new TableColumn({ name: 'rolesUntold', type: 'smallint', default: 0 }),
    ]);
    await runner.createIndex('users', UNTOLD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('users', UNTOLD);
    await runner.dropColumns('users', ['rolesVersion', 'rolesUntold']);
  }
}
