import { Accounts, type VerifiedAccount } from 'nestjs-hybrid-session';
import type { AccountsQuestion, ToWorker } from './worker-setup.js';

/** Accounts that live in the parent process, asked over the channel between the two: one truth for all workers. */
export class AskedAccounts extends Accounts {
  private readonly waiting = new Map<number, (answer: string | boolean) => void>();
  private asked = 0;

  constructor() {
    super();
    process.on('message', (message: ToWorker) => {
      if (!('answer' in message)) return;
      this.waiting.get(message.number)?.(message.answer);
      this.waiting.delete(message.number);
    });
  }

  async idOf(username: string): Promise<string> {
    return username;
  }

  async verifyPassword(userId: string | undefined, password: string): Promise<VerifiedAccount | undefined> {
    if (userId === undefined) return undefined;
    const version = await this.ask({ ask: 'verify', userId, password });
    return typeof version === 'string'
      ? { userId, principal: { username: userId, roles: [] }, passwordVersion: version }
      : undefined;
  }

  async changePassword(userId: string, newPassword: string, passwordVersion: string): Promise<boolean> {
    return (await this.ask({ ask: 'change', userId, password: newPassword, version: passwordVersion })) === true;
  }

  private ask(question: AccountsQuestion): Promise<string | boolean> {
    this.asked += 1;
    const number = this.asked;
    return new Promise((resolve) => {
      this.waiting.set(number, resolve);
      process.send?.({ number, question });
    });
  }
}
