import { describe, expect, it } from '@jest/globals';
import { Background } from './background.js';

/** A task that is done when it is told to be. */
function pending() {
  let end: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { until, end };
}

describe('work that no request waits for', () => {
  it('runs once per key at a time', async () => {
    const background = new Background();
    const { until, end } = pending();
    let runs = 0;
    const task = () => {
      runs += 1;
      return until;
    };
    void background.run('a', task);
    void background.run('a', task);
    void background.run('b', task);
    expect(runs).toBe(2);
    end();
    await background.settled();
    await background.run('a', task);
    expect(runs).toBe(3);
  });

  it.each([
    ['later', () => Promise.reject(new Error('gone'))],
    [
      'at once',
      () => {
        throw new Error('gone');
      },
    ],
  ])('drops a failure, whether it comes %s, and tries again the next time', async (_, fail) => {
    const background = new Background();
    await expect(background.run('a', fail)).resolves.toBeUndefined();
    let ran = false;
    await background.run('a', async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });

  it('is waited for at shutdown, all of it', async () => {
    const background = new Background();
    const { until, end } = pending();
    const done: string[] = [];
    void background.run('a', () => until.then(() => void done.push('a')));
    void background.run('b', async () => void done.push('b'));
    const settled = background.settled().then(() => done.push('settled'));
    end();
    await settled;
    expect(done.toSorted()).toEqual(['a', 'b', 'settled']);
    expect(done.at(-1)).toBe('settled');
  });
});
