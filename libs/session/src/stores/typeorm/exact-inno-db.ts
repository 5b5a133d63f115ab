import type { QueryRunner } from 'typeorm';
import { dataSourceOf } from './data-source-of.js';

/**
 * The storage engine of a table where there is a choice, with text that is compared byte by byte, trailing spaces included: the ids of
 * users and sessions are not words of a language.
 */
export async function exactInnoDb(runner: QueryRunner): Promise<{ readonly engine?: string }> {
  const { type } = dataSourceOf(runner.manager).options;
  if (type !== 'mysql' && type !== 'mariadb') return {};
  const noPadding = "SHOW COLLATION WHERE Collation IN ('utf8mb4_0900_bin', 'utf8mb4_nopad_bin')";
  const { records }: { readonly records: readonly { readonly Collation: string }[] } = await runner.query(noPadding, [], true);
  const collation = records[0]?.Collation ?? 'utf8mb4_bin';
  return { engine: `InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}` };
}
