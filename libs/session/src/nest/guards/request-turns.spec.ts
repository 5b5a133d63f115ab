import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../transport/http-request.js';
import { RequestTurns } from './request-turns.js';

const aRequest = (): HttpRequest => ({ method: 'POST', headers: {} });

describe('what is asked about one request at the same time', () => {
  it('is asked one after the other, also after something that failed', async () => {
    const turns = new RequestTurns();
    const request = aRequest();
    const steps: string[] = [];
    const work = (name: string) => async () => {
      steps.push(`${name} begins`);
      await new Promise(setImmediate);
      steps.push(`${name} ends`);
      if (name === 'first') throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled(['first', 'second', 'third'].map((name) => turns.take(request, work(name))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(steps).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('waits for nothing that is asked about another', async () => {
    const turns = new RequestTurns();
    void turns.take(aRequest(), () => new Promise(() => {}));
    await expect(turns.take(aRequest(), async () => 'answered')).resolves.toBe('answered');
  });
});
