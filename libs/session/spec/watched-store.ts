import { StoreUnavailableError } from '../src/core/errors.js';
import type { Subject } from '../src/core/ports/session-store.js';
import type { SessionRecord } from '../src/core/record/session-record.js';
import { type Method, PassingStore } from './passing-store.js';

/** A store that shows what it was asked, can be away, can be raced, and can be written to by an intruder. */
export class WatchedStore extends PassingStore {
  readonly calls: Method[] = [];
  isAway = false;
  /** What it says makes it unfit. */
  faultsToTell: readonly string[] = [];
  /** What an intruder makes of each record that is read. */
  intrude: (record: SessionRecord | undefined, id: string) => SessionRecord | undefined = (record) => record;
  private readonly races = new Map<Method, () => Promise<unknown>>();
  private readonly losses = new Set<Method>();

  /** Does something else just before the next call of a method reaches the store. */
  race(method: Method, action: () => Promise<unknown>): void {
    this.races.set(method, action);
  }

  /** Is away for the next call of a method. */
  fail(method: Method): void {
    this.race(method, async () => {
      throw new StoreUnavailableError();
    });
  }

  /** Does what the next call of a method asks, and loses the answer. */
  lose(method: Method): void {
    this.losses.add(method);
  }

  /** How often a method was called. */
  count(method: Method): number {
    return this.calls.filter((call) => call === method).length;
  }

  /** The record as it is stored. */
  async stored(id: string): Promise<SessionRecord | undefined> {
    const [record] = await this.inner.find([id]);
    return record;
  }

  override async find(ids: readonly string[]): Promise<readonly (SessionRecord | undefined)[]> {
    const records = await super.find(ids);
    return ids.map((id, i) => this.intrude(records[i], id));
  }

  override async list(subject: Subject, now: number): Promise<readonly SessionRecord[]> {
    const records = await super.list(subject, now);
    return records.flatMap((record) => this.intrude(record, record.id) ?? []);
  }

  override async faults(): Promise<readonly string[]> {
    return [...(await super.faults()), ...this.faultsToTell];
  }

  protected async pass<T>(method: Method, call: () => Promise<T>): Promise<T> {
    this.calls.push(method);
    const action = this.races.get(method);
    this.races.delete(method);
    await action?.();
    if (this.isAway) throw new StoreUnavailableError();
    const answer = await call();
    if (this.losses.delete(method)) throw new StoreUnavailableError();
    return answer;
  }
}
