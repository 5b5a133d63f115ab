import { DataSource, type EntityManager } from 'typeorm';

/** The data source of a manager, by the name that it has in TypeORM 1 or in 0.3. */
export function dataSourceOf(manager: EntityManager): DataSource {
  const named: unknown = Reflect.get(manager, 'dataSource') ?? Reflect.get(manager, 'connection');
  if (!(named instanceof DataSource)) throw new TypeError('A manager without a data source: is TypeORM installed twice?');
  return named;
}
