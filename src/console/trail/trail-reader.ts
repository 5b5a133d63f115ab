import { Injectable } from '@nestjs/common';
import { InvalidInputError } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail, type AuditQuery } from 'nestjs-hybrid-session/typeorm';
import { auditAnswer, type AuditAnswer } from '../../audit/audit-answer.js';
import { Users } from '../../users/users.service.js';
import { entryLine, peopleIn, type EntryLine } from './entry-line.js';
import { trailQuery, type TrailFilter } from './trail-filter.js';

/** Entries on one page. */
const PAGE = 50;

/** A page of the trail. */
export interface TrailPage {
  /** The newest first. */
  readonly lines: readonly EntryLine[];
  /** The last place of the trail that the page knows of. */
  readonly newest: number;
  /** The id of the user who is asked for: what follows need not look for a name again. */
  readonly user: string | undefined;
  /** Before which entry the next page begins, if there is one. */
  readonly older: number | undefined;
}

/** Reads the audit trail for people. */
@Injectable()
export class TrailReader {
  constructor(
    private readonly trail: TypeOrmAuditTrail,
    private readonly users: Users,
  ) {}

  /** The newest entries that a filter lets through. @throws InvalidInputError, StoreUnavailableError */
  async page(filter: TrailFilter, size = PAGE): Promise<TrailPage> {
    const query = await this.queryOf(filter);
    const end = await this.end();
    const found = await this.trail.find({ ...query, limit: size + 1 });
    const shown = found.slice(-size);
    const lines = await this.lines(shown.map(auditAnswer));
    return {
      lines: lines.toReversed(),
      newest: shown.at(-1)?.seq ?? end,
      user: query.user,
      older: found.length > size ? shown[0]?.seq : undefined,
    };
  }

  /** What the trail is asked for by a filter. @throws InvalidInputError */
  async queryOf(filter: TrailFilter): Promise<AuditQuery> {
    const query = trailQuery(filter);
    if (filter.user === '') return query;
    const user = await this.users.named(filter.user);
    if (user === undefined) throw new InvalidInputError('There is no user of that name.', 'user');
    return { ...query, user };
  }

  /** The oldest entries after a place, in the order of the trail. @throws StoreUnavailableError */
  async after(query: AuditQuery, after: number, limit: number): Promise<readonly EntryLine[]> {
    return this.lines((await this.trail.find({ ...query, after, limit })).map(auditAnswer));
  }

  /** The newest entries, in the order of the trail. @throws StoreUnavailableError */
  async newest(query: AuditQuery, limit: number): Promise<readonly EntryLine[]> {
    return this.lines((await this.trail.find({ ...query, limit })).map(auditAnswer));
  }

  /** Whether anything fits. @throws StoreUnavailableError */
  async isAny(query: AuditQuery): Promise<boolean> {
    return (await this.trail.find({ ...query, limit: 1 })).length > 0;
  }

  /** The last place of the trail. @throws StoreUnavailableError */
  async end(): Promise<number> {
    return (await this.trail.head()).seq;
  }

  /** Entries with people by their names. */
  async lines(entries: readonly AuditAnswer[]): Promise<readonly EntryLine[]> {
    const names = await this.users.namesOf(peopleIn(entries));
    return entries.map((entry) => entryLine(entry, names));
  }
}
