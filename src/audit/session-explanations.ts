import { Injectable } from '@nestjs/common';
import { InvalidInputError, SessionInspector } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail, type AuditRecord } from 'nestjs-hybrid-session/typeorm';
import { explanationOf, type Explanation } from './explanation.js';

/** How many entries of a session are shown beside the reason. */
const ENTRIES = 50;
/** What must be found whatever came after it. */
const DECISIVE = ['session.opened', 'session.ended'];
/** What anybody leaves who knows the id, without a credential, and whoever looks: none of it may push out what the session did. */
const NOISE = ['session.refused', 'admin.session_explained'];
/** How many of each of those are shown. */
const NOISES = 10;

/** Explains sessions by what the store and the audit trail know of them. */
@Injectable()
export class SessionExplanations {
  constructor(
    private readonly trail: TypeOrmAuditTrail,
    private readonly inspector: SessionInspector,
  ) {}

  /** Why a session is refused, or that it is not. @throws InvalidInputError for what is no session id, StoreUnavailableError */
  async explain(id: string): Promise<Explanation> {
    const inspection = await this.inspector.inspect(id);
    if (!inspection) throw new InvalidInputError('That is no session id.', 'id');
    return explanationOf(id, inspection, await this.entriesOf(id));
  }

  private async entriesOf(sessionId: string): Promise<readonly AuditRecord[]> {
    const found = await Promise.all([
      this.trail.find({ sessionId, without: NOISE, limit: ENTRIES }),
      ...DECISIVE.map((type) => this.trail.find({ sessionId, type, limit: 1 })),
      ...NOISE.map((type) => this.trail.find({ sessionId, type, limit: NOISES })),
    ]);
    const each = new Map(found.flat().map((entry) => [entry.seq, entry]));
    return [...each.values()].toSorted((one, other) => one.seq - other.seq);
  }
}
