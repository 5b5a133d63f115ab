import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Installation, PATIENCE } from './history/installation.js';

describe('The history of many clients on one process with sessions in memory', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.start({ engine: 'memory' }, ['A']);
  }, PATIENCE);
  afterAll(() => installation?.close());

  it(
    'is explained by an order of atomic steps',
    async () => {
      const { violation, calls, overlapping } = await installation.observe('memory, one process');
      expect(violation).toBeUndefined();
      expect(overlapping).toBeGreaterThan(calls / 4);
    },
    PATIENCE,
  );
});
