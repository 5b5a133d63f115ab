import { Gate } from './gate.js';

/** Lets in one at a time of those who name the same key. Keys that nobody waits for are forgotten. */
export class KeyedGate {
  private readonly gates = new Map<string, { readonly gate: Gate; count: number }>();

  /**
   * Waits for a place under each of the keys, in one order for all, so that nobody waits for each other; the answer gives them back, once.
   * @param patience milliseconds
   * @returns `undefined` when there was no place in time
   */
  async enter(keys: readonly string[], patience: number): Promise<(() => void) | undefined> {
    const giveUpAt = performance.now() + patience;
    const entered: (() => void)[] = [];
    const leave = () => entered.splice(0).forEach((one) => one());
    for (const key of [...new Set(keys)].sort()) {
      const one = await this.enterOne(key, giveUpAt - performance.now());
      if (!one) {
        leave();
        return undefined;
      }
      entered.push(one);
    }
    return leave;
  }

  private async enterOne(key: string, patience: number): Promise<(() => void) | undefined> {
    const entry = this.gates.get(key) ?? { gate: new Gate(1), count: 0 };
    this.gates.set(key, entry);
    entry.count += 1;
    const gone = () => {
      entry.count -= 1;
      if (entry.count === 0) this.gates.delete(key);
    };
    const leave = await entry.gate.enter(patience);
    if (!leave) gone();
    return (
      leave &&
      (() => {
        leave();
        gone();
      })
    );
  }
}
