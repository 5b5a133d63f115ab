import { Injectable } from '@nestjs/common';
import { StoreHealth } from 'nestjs-hybrid-session';
import { DataSource } from 'typeorm';

// Milliseconds that one check may take: a probe that hangs tells its caller nothing.
const DEADLINE = 1_500;

/** Whether the application can do its work: whether what it depends on answers, and is fit for it. */
@Injectable()
export class Readiness {
  constructor(
    private readonly store: StoreHealth,
    private readonly database: DataSource,
  ) {}

  /** What stands in the way, in words; empty when ready. */
  async obstacles(): Promise<readonly string[]> {
    const found = await Promise.all([
      within(this.store.obstacles(), 'The session store does not answer.'),
      within(this.databaseFaults(), 'The database does not answer.'),
    ]);
    return found.flat();
  }

  private async databaseFaults(): Promise<readonly string[]> {
    await this.database.query('SELECT 1');
    return [];
  }
}

async function within(check: Promise<readonly string[]>, otherwise: string): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([otherwise]), DEADLINE);
  });
  try {
    return await Promise.race([check, late]);
  } catch {
    return [otherwise];
  } finally {
    clearTimeout(timer);
  }
}
