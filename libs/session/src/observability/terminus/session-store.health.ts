import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { StoreHealth } from '../../core/outage/store-health.js';

/** What it says of itself within a health check. `obstacles`: what keeps the store from serving, each with its cure. */
export interface SessionStoreHealthResult {
  readonly status: 'up' | 'down';
  readonly obstacles?: readonly string[];
}

/**
 * Tells `@nestjs/terminus` whether the session store answers and is fit. Provide it beside `TerminusModule`, and check it:
 * `health.check([() => sessions.isHealthy('session_store')])`.
 */
@Injectable()
export class SessionStoreHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly store: StoreHealth,
  ) {}

  /**
   * Asks the store. Never fails.
   * @param options `timeout`: milliseconds; default: as long as `storeLimits.deadline` allows two calls
   */
  async isHealthy<const Key extends string>(
    key: Key,
    { timeout }: { readonly timeout?: number } = {},
  ): Promise<Record<Key, SessionStoreHealthResult>> {
    const asked = this.store.obstacles();
    const obstacles = timeout === undefined ? await asked : await within(asked, timeout);
    const indicator = this.indicators.check(key);
    return obstacles.length === 0 ? indicator.up() : indicator.down({ obstacles });
  }
}

async function within(asked: Promise<readonly string[]>, timeout: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([`The session store has not answered within ${timeout} ms.`]), timeout);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
