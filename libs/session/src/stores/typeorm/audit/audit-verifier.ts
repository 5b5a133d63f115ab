import type { AuditChain, AuditPlace } from '../../../core/audit/audit-chain.js';
import type { AuditEntry } from '../../../core/audit/audit-entry.js';
import type { DatabaseLink } from '../database-link.js';
import { type AuditRows, BEGINNING, columnsOf, type StoredEntry, type StoredSpan } from './audit-rows.js';

/** What is wrong with a trail, at the first place where something is. */
export type AuditFault =
  /** Its text, a column beside it or its place is not what was written: edited, or exchanged with another. */
  | 'edited'
  /** It is not there: removed, with those after it or without. */
  | 'missing'
  /** It was put in by somebody else. */
  | 'inserted'
  /** From here on somebody has made another chain, without the server's key. */
  | 'forged'
  /** What says where the trail begins and ends is not there, or not the server's. */
  | 'span'
  /** The trail is an older one: it does not reach the place that it is known to have had. */
  | 'rolled_back'
  /** Nothing from here on can be judged: the keys that vouch for it are not in the ring. */
  | 'unknown_key';

/** What a verification has found. */
export type AuditVerdict =
  | { readonly intact: true; readonly entries: number; readonly base: AuditPlace; readonly head: AuditPlace }
  | { readonly intact: false; readonly fault: AuditFault; readonly seq: number };

type Broken = Extract<AuditVerdict, { intact: false }>;

const PAGE = 1_000;

/** How far a walk has come. */
interface Walk {
  readonly place: AuditPlace;
  /** The last place that the server itself vouches for. */
  readonly vouched: number;
  readonly count: number;
}

/** Walks through a trail from its beginning and names the first entry that is not what the server wrote. */
export class AuditVerifier {
  constructor(
    private readonly link: DatabaseLink,
    private readonly rows: AuditRows,
    private readonly chain: AuditChain,
  ) {}

  /**
   * Verifies the whole trail. It may be written to meanwhile.
   * @param known a place that the trail is known to have had: what else tells of a trail that was put back as a whole
   * @throws StoreUnavailableError
   */
  async verify(known?: AuditPlace): Promise<AuditVerdict> {
    for (;;) {
      const before = await this.span();
      const base = before?.base ?? BEGINNING;
      const verdict = await this.verifyFrom(base, known);
      // Old entries were removed meanwhile: what is missing may be among them.
      if (!verdict.intact && ((await this.span())?.base.seq ?? 0) > base.seq) continue;
      const isSpanBad = before !== undefined && this.chain.isSpanVouched(before, before) === false;
      return !verdict.intact && isSpanBad && verdict.seq === base.seq + 1 ? brokenAt('span', verdict.seq) : verdict;
    }
  }

  private async verifyFrom(base: AuditPlace, known: AuditPlace | undefined): Promise<AuditVerdict> {
    const [first] = await this.page(Number.MIN_SAFE_INTEGER);
    if (first && first.seq <= base.seq) return brokenAt('inserted', first.seq);
    if (known?.seq === base.seq && known.hash !== base.hash) return brokenAt('rolled_back', base.seq + 1);
    let walk: Walk = { place: base, vouched: base.seq, count: 0 };
    for (let span: StoredSpan | undefined; ; ) {
      const { place } = walk;
      const walked = await this.walk(walk, known);
      if ('fault' in walked) return walked;
      // The end is read after what lies before it, and what is there by then is read once more.
      const isAtEnd = walked.place.seq === place.seq && span !== undefined;
      if (isAtEnd || (span = await this.span()) === undefined) return this.judge(walked, span, known);
      walk = walked;
    }
  }

  private async walk(from: Walk, known: AuditPlace | undefined): Promise<Walk | Broken> {
    let walk = from;
    for (let page = await this.page(walk.place.seq); page.length > 0; page = await this.page(walk.place.seq)) {
      for (const entry of page) {
        const fault = this.faultOf(walk, entry, known);
        if (fault) return fault;
        const { seq, hash } = entry;
        const vouched = this.chain.isVouched(entry, entry) ? seq : walk.vouched;
        walk = { place: { seq, hash }, vouched, count: walk.count + 1 };
      }
    }
    return walk;
  }

  private faultOf({ place, vouched }: Walk, entry: StoredEntry, known: AuditPlace | undefined): Broken | undefined {
    const { seq, hash, text } = entry;
    if (seq !== place.seq + 1) return brokenAt('missing', place.seq + 1);
    if (this.chain.hashOf(place, text) !== hash || !saysTheSame(entry)) return brokenAt('edited', seq);
    // The chain fits and the server has not made it: somewhere after the last good voucher it became another's.
    if (this.chain.isVouched(entry, entry) === false) return brokenAt('forged', vouched + 1);
    return known?.seq === seq && known.hash !== hash ? brokenAt('rolled_back', seq) : undefined;
  }

  /** Judges the end of a walk that has met nothing wrong. */
  private judge({ place, vouched, count }: Walk, span: StoredSpan | undefined, known: AuditPlace | undefined): AuditVerdict {
    if (known && known.seq > place.seq) return brokenAt('rolled_back', place.seq + 1);
    if (!span) {
      return place.seq === 0 ? { intact: true, entries: 0, base: BEGINNING, head: BEGINNING } : brokenAt('span', place.seq);
    }
    const { head, base } = span;
    const isVouched = this.chain.isSpanVouched(span, span);
    if (isVouched === false) return brokenAt('span', place.seq + 1);
    if (isVouched === undefined) return brokenAt('unknown_key', vouched + 1);
    if (place.seq < head.seq) return brokenAt('missing', place.seq + 1);
    if (place.seq > head.seq) return brokenAt('inserted', head.seq + 1);
    return place.hash === head.hash ? { intact: true, entries: count, base, head } : brokenAt('forged', vouched + 1);
  }

  private page(after: number): Promise<readonly StoredEntry[]> {
    return this.link.ask((connection) => this.rows.after(connection, after, PAGE));
  }

  private span(): Promise<StoredSpan | undefined> {
    return this.link.ask((connection) => this.rows.span(connection));
  }
}

function brokenAt(fault: AuditFault, seq: number): Broken {
  return { intact: false, fault, seq };
}

/** Whether the columns beside the text say what the text says: else an entry could be hidden from whoever looks for it. */
function saysTheSame({ text, columns }: StoredEntry): boolean {
  try {
    const entry = JSON.parse(text) as AuditEntry;
    return JSON.stringify(columnsOf(entry)) === JSON.stringify(columns);
  } catch {
    return false;
  }
}
