import { setTimeout as wait } from 'node:timers/promises';
import type { AccountsQuestion } from './worker-setup.js';

/** Milliseconds that the check of a password may take after it read which one is right: a slow hash, in small. */
const HASHING = 6;

/** The password of that number, as a person would type it. */
export const passwordOf = (number: number) => `password-${number}`;

/** The accounts of all workers: who changes a password has changed it for everyone. A new user's password is number 0. */
export class SharedAccounts {
  private readonly passwords = new Map<string, string>();

  async answer(question: AccountsQuestion): Promise<string | boolean> {
    const current = this.passwords.get(question.userId) ?? passwordOf(0);
    if (question.ask === 'verify') {
      await wait(Math.random() * HASHING);
      return question.password === current && current;
    }
    if (question.version !== current) return false;
    this.passwords.set(question.userId, question.password);
    return true;
  }
}
