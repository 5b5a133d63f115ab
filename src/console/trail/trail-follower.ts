import type { AuditQuery } from 'nestjs-hybrid-session/typeorm';
import type { EntryLine } from './entry-line.js';
import type { TrailReader } from './trail-reader.js';

/** Entries that one read brings, the most that the trail gives; and how often one look reads on before it leaves some out. */
const BATCH = 1_000;
const BATCHES = 2;
/** What is told of those that nobody could read anyway: as many as a screen may hold. */
const NEWEST = 100;

/** What a look at the trail has found: entries, or that those before a place are left out. */
export type TrailNews =
  | { readonly lines: readonly EntryLine[]; readonly skipped?: never }
  | { readonly skipped: number; readonly lines?: never };

/** Goes after the trail, and is never far behind it: whoever writes faster than it is read must not hide what he does by that. */
export class TrailFollower {
  /** @param last the place after which to begin */
  constructor(
    private readonly reader: TrailReader,
    private readonly query: AuditQuery,
    private last: number,
  ) {}

  /** What came since the last look, in the order of the trail. @throws StoreUnavailableError */
  async *look(): AsyncGenerator<TrailNews, void> {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const lines = await this.reader.after(this.query, this.last, BATCH);
      this.last = lines.at(-1)?.seq ?? this.last;
      yield { lines };
      if (lines.length < BATCH) return;
    }
    const newest = await this.reader.newest(this.query, NEWEST);
    const lines = newest.filter(({ seq }) => seq > this.last);
    const [first] = lines;
    if (first === undefined) return;
    const isGap = await this.reader.isAny({ ...this.query, after: this.last, before: first.seq });
    this.last = lines.at(-1)?.seq ?? this.last;
    if (isGap) yield { skipped: first.seq };
    yield { lines };
  }
}
