import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FileLock } from './file-lock.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nhs-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('A file lock is held by one at a time, and free again when it was given back', () => {
  const file = join(folder, 'one.lock');
  const first = new FileLock(file);
  const second = new FileLock(file);
  expect([first.take(), second.take()]).toEqual([true, false]);
  first.release();
  expect(second.take()).toBe(true);
  second.release();
});
