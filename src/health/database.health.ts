import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { DataSource } from 'typeorm';

/** Whether the database of the users answers. */
@Injectable()
export class DatabaseHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: DataSource,
  ) {}

  /** Why it does not answer stands in the log: a driver's words may name hosts and users. */
  async isHealthy(key: string, { timeout }: { readonly timeout: number }) {
    const asked = await this.indicators
      .check(key)
      .attempt(async () => void (await this.database.query('SELECT 1')))
      .withTimeout(timeout);
    const isUp = asked[key]?.status === 'up';
    return isUp
      ? this.indicators.check(key).up()
      : this.indicators.check(key).down({ obstacles: ['The database does not answer.'] });
  }
}
