import { type Change, type ChangeListener, NAMED_AT_MOST, type Subscription } from '../core/ports/changes.js';
import type { CreateOutcome, RenewOutcome, RevokeAllOutcome, RotateOutcome, WriteOutcome } from '../core/ports/session-store.js';
import { slotsOf } from '../core/record/session-id.js';

/** Hands changes to the listeners of this process. */
export class ChangeHub {
  private readonly listeners = new Set<ChangeListener>();

  /** Whether nobody listens. */
  get isIdle(): boolean {
    return this.listeners.size === 0;
  }

  /**
   * Adds a listener, also one that listens already: each subscription ends by itself. A listener that fails must fail neither
   * the others nor the change that it is told of.
   */
  add(listener: ChangeListener): Subscription {
    const hear = guarded(listener);
    this.listeners.add(hear);
    return { close: async () => void this.listeners.delete(hear) };
  }

  /** Adds a listener that hears of this process only, and so begins with a gap. */
  addWithGap(listener: ChangeListener): Subscription {
    guarded(listener)({ type: 'gap' });
    return this.add(listener);
  }

  /** Tells every listener. */
  tell(change: Change): void {
    for (const hear of this.listeners) hear(change);
  }

  /** Tells that these records changed. @param at by the store's clock, in milliseconds since the Unix epoch, where it is known */
  changed(ids: readonly string[], at?: number): void {
    if (ids.length > NAMED_AT_MOST) return this.slotsChanged(slotsOf(ids), at);
    for (const id of ids) this.tell({ type: 'changed', id, ...(at === undefined ? {} : { at }) });
  }

  /** Tells that any record of these slots may have changed. */
  slotsChanged(slots: Iterable<string>, at?: number): void {
    for (const slot of slots) this.tell({ type: 'slot_changed', slot, ...(at === undefined ? {} : { at }) });
  }
}

function guarded(listener: ChangeListener): ChangeListener {
  return (change) => {
    try {
      listener(change);
    } catch {
      // Its own affair: there is no one here to tell.
    }
  };
}

/**
 * The ids of the records that a mutation ended, renewed or rewrote, by its outcome.
 * @param id the record that the call was about; of `revokeAll` the one that it renewed, if any
 */
export function changedIds(
  outcome: CreateOutcome | RotateOutcome | RenewOutcome | WriteOutcome | RevokeAllOutcome,
  id: string | undefined,
): readonly string[] {
  const own = id === undefined ? [] : [id];
  const { outcome: word } = outcome;
  if (word === 'created') return outcome.evicted.map((ended) => ended.id);
  if (word === 'revoked') return [...outcome.ended.map((ended) => ended.id), ...(outcome.spared ? own : [])];
  return word === 'reused' || word === 'renewed' || word === 'written' ? own : [];
}
