import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

/** A schema of the test's PostgreSQL that nobody else uses. */
export interface OwnSchema {
  /** Where it is, as the application is told. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Makes a schema in the PostgreSQL that `DATABASE_URL` names. */
export async function openSchema(): Promise<OwnSchema> {
  const server = process.env['DATABASE_URL'];
  if (!server) throw new Error('DATABASE_URL names no PostgreSQL: install postgresql (Debian: apt-get install postgresql).');
  const schema = `t${randomBytes(6).toString('hex')}`;
  const owner = await new DataSource({ type: 'postgres', url: server }).initialize();
  await owner.query(`CREATE SCHEMA ${schema}`);
  const url = new URL(server);
  url.searchParams.set('options', `-c search_path=${schema}`);
  return {
    url: url.href.replaceAll('+', '%20'),
    close: async () => {
      await owner.query(`DROP SCHEMA ${schema} CASCADE`);
      await owner.destroy();
    },
  };
}
