import { randomBytes } from 'node:crypto';
import type { Journal, JournalEntry } from '../../core/ports/journal.js';
import { EVERY_SLOT } from '../../core/ports/journal.js';
import type { RelayLag, RelayListener } from '../../core/ports/relay.js';
import { slotOf } from '../../core/record/session-id.js';
import { endCreatedUpTo } from './end-everyone.js';
import { APPLY_KEEP, POSITIONS } from './journal-scripts.js';
import { encodeRecord } from './record-codec.js';
import { memberOf, type RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { revokeAllOutcome, revokeOutcome, wordsOf } from './replies.js';
import { APPLY_END } from './session-scripts.js';
import { APPLY_END_ALL } from './user-scripts.js';

/** How many slots are caught up at the same time. */
const LANES = 32;
/** How many slots, and how many of their entries, are read from the journal at once: what is read is applied before more is. */
const SLOTS_AT_ONCE = 200;
const ENTRIES_AT_ONCE = 2_000;
/** How many positions one command reads. */
const POSITIONS_AT_ONCE = 1_000;

/** What came of applying an entry: `passed` when it had been applied before; `behind` when an earlier one has not been yet. */
export type Applied = { readonly word: 'applied' | 'passed' | 'behind'; readonly outcome: unknown };

/** Applies entries of the journal to Redis. Whoever does it, and however often: each entry acts once, and all act in their order. */
export class JournalRelay {
  private measured: RelayLag = { count: 0, last: 0, max: 0 };

  /** @param time the store's clock */
  constructor(
    private readonly keys: RedisKeys,
    private readonly journal: Journal,
    private readonly listener: () => RelayListener | undefined,
    /** Told of the records that an entry may have changed. */
    private readonly changed: (ids: readonly string[]) => void,
    private readonly time: () => Promise<number>,
  ) {}

  /** How late entries were that others had left behind. */
  get lag(): RelayLag {
    return this.measured;
  }

  /** How far these slots have been applied. @throws StoreUnavailableError */
  async positions(link: RedisLink, slots: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const atOnce = 'masters' in link.client ? 1 : POSITIONS_AT_ONCE;
    const groups: (readonly string[])[] = [];
    for (let from = 0; from < slots.length; from += atOnce) groups.push(slots.slice(from, from + atOnce));
    await inLanes(groups, async (group) => {
      const keys = group.map((slot) => this.keys.position(slot));
      const places = await link.run(POSITIONS, keys, [], wordsOf);
      group.forEach((slot, at) => found.set(slot, Number(places[at])));
    });
    return found;
  }

  /**
   * Brings everything up to date: what every server must have been through before this instance asks it anything (P8). What lies
   * before this call is applied when it resolves; entries written later are applied by those who write them, or by the relay.
   * @throws StoreUnavailableError
   */
  async catchUp(link: RedisLink): Promise<void> {
    const heads = await this.journal.heads();
    const slots = [...heads.keys()].filter((slot) => slot !== EVERY_SLOT);
    const positions = await this.positions(link, slots);
    const behind = slots.filter((slot) => (positions.get(slot) ?? 0) < (heads.get(slot) ?? 0));
    await this.applyAfter(link, new Map(behind.map((slot) => [slot, positions.get(slot) ?? 0])));
    if (heads.has(EVERY_SLOT)) await this.endEveryoneAgain(link);
    const ahead = slots.filter((slot) => (positions.get(slot) ?? 0) > (heads.get(slot) ?? 0)).length;
    if (ahead > 0) this.listener()?.journalIsOlder(ahead);
  }

  /**
   * Applies, in their order, the entries after these positions. Some at a time: an attempt that is broken off has come as far as it
   * has, and the next one goes on from there, however many entries there are.
   * @throws StoreUnavailableError
   */
  async applyAfter(link: RedisLink, positions: ReadonlyMap<string, number>): Promise<void> {
    const slots = [...positions];
    for (let from = 0; from < slots.length; from += SLOTS_AT_ONCE) {
      let rest: ReadonlyMap<string, number> = new Map(slots.slice(from, from + SLOTS_AT_ONCE));
      while (rest.size > 0) {
        const entries = await this.journal.after(rest, ENTRIES_AT_ONCE);
        const reached = await this.applyEach(link, rest, entries);
        rest = entries.length < ENTRIES_AT_ONCE ? new Map() : reached;
      }
    }
  }

  /** Applies entries of several slots, and answers from where those go on whose entries were perhaps not all. */
  private async applyEach(
    link: RedisLink,
    positions: ReadonlyMap<string, number>,
    entries: readonly JournalEntry[],
  ): Promise<ReadonlyMap<string, number>> {
    const late: number[] = [];
    const bySlot = new Map<string, JournalEntry[]>();
    for (const entry of entries) {
      const group = bySlot.get(entry.slot);
      if (group) group.push(entry);
      else bySlot.set(entry.slot, [entry]);
    }
    const rest = new Map(positions);
    const last = entries.at(-1)?.slot;
    await inLanes([...bySlot], async ([slot, group]) => {
      rest.delete(slot); // all of them, unless it is the last one
      let previous = positions.get(slot) ?? 0;
      for (const entry of group) {
        const { word } = await this.apply(link, entry, previous);
        if (word === 'behind') return; // its data came back older meanwhile: whoever meets that server next catches up again
        if (word === 'applied' && !entry.settled) late.push(entry.at);
        previous = entry.sequence;
      }
      if (slot === last) rest.set(slot, previous);
    });
    if (late.length > 0) this.measure(late, await this.time());
    return rest;
  }

  /** Applies one entry, if everything up to `previous` was. @throws StoreUnavailableError */
  async apply(link: RedisLink, entry: JournalEntry, previous: number): Promise<Applied> {
    const { slot, act } = entry;
    const call = randomBytes(6).toString('base64url');
    const place = [previous, entry.sequence, call];
    const operation = this.keys.operation(slot, entry.operation);
    const position = this.keys.position(slot);
    const read = (reply: unknown): Applied => {
      const [word, outcome = ''] = wordsOf(reply);
      if (word !== 'applied' && word !== 'passed' && word !== 'behind') throw new Error(`Redis answered ${word} to the journal.`);
      return { word, outcome: outcome === '' ? undefined : JSON.parse(outcome) };
    };
    const { channel } = this.keys;
    if (act.kind === 'end') {
      const keys = [operation, this.keys.session(act.id), position];
      const applied = await link.run(APPLY_END, keys, [act.reason, entry.at, channel, ...place], read);
      if (applied.word === 'applied') {
        this.changed([act.id]);
        const ended = revokeOutcome(applied.outcome, act.id);
        if (ended && !entry.settled) this.listener()?.ended([ended], act.reason);
      }
      return applied;
    }
    if (act.kind === 'keep') {
      const { id, userId, channel: own } = act.record;
      const keys = [operation, this.keys.session(id), this.keys.index({ slot, userId }, own), position];
      const args = [encodeRecord(act.record), entry.at, memberOf(id), channel, ...place];
      const applied = await link.run(APPLY_KEEP, keys, args, read);
      if (applied.word === 'applied') this.changed([id]);
      return applied;
    }
    if (act.kind === 'everyone') throw new Error('The end of everyone is not an entry of a slot.');
    const { userId, reason, spared } = act;
    const renewal = spared && 'renew' in spared ? spared.renew : undefined;
    const own = renewal ? renewal.record.id : spared && 'keep' in spared ? spared.keep : '';
    const subject = { slot, userId };
    const keys = [operation, this.keys.fence(subject), ...this.keys.indexes(subject), position];
    const args = [
      reason,
      entry.at,
      this.keys.sessions(slot),
      slotOf(own) === slot ? memberOf(own) : '',
      renewal ? encodeRecord(renewal.record) : '',
      renewal?.expectedVersion ?? 0,
      channel,
      ...place,
    ];
    const applied = await link.run(APPLY_END_ALL, keys, args, read);
    if (applied.word === 'applied') {
      const outcome = revokeAllOutcome(applied.outcome, slot, userId);
      const ended = outcome.outcome === 'revoked' ? outcome.ended : [];
      this.changed([...ended.map(({ id }) => id), ...(renewal ? [renewal.record.id] : [])]);
      if (ended.length > 0 && !entry.settled) this.listener()?.ended(ended, reason);
    }
    return applied;
  }

  /** Two clocks that differ by their error make a lag below nothing: it counts as none. */
  private measure(askedAt: readonly number[], now: number): void {
    const lags = askedAt.map((at) => Math.max(0, now - at));
    const { count, max } = this.measured;
    this.measured = { count: count + lags.length, last: lags.at(-1) ?? 0, max: Math.max(max, ...lags) };
  }

  /** Ends whoever was logged in when everyone was ended. @throws StoreUnavailableError */
  async endEveryoneAgain(link: RedisLink): Promise<void> {
    const entries = await this.journal.after(new Map([[EVERY_SLOT, 0]]), Number.MAX_SAFE_INTEGER); // as many as there were such days
    const last = entries.at(-1);
    if (last?.act.kind === 'everyone') await endCreatedUpTo(link, this.keys, last.act.reason, last.at);
  }
}

/** Does something with each item, several at a time. The first failure ends it. */
async function inLanes<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}
