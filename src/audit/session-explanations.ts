import { Injectable } from '@nestjs/common';
import { InvalidInputError, SessionInspector } from 'nestjs-hybrid-session';
import { TypeOrmAuditTrail } from 'nestjs-hybrid-session/typeorm';
import { explanationOf, type Explanation } from './explanation.js';

/** How many entries of a session are shown beside the reason. */
const ENTRIES = 50;

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
    return explanationOf(id, inspection, await this.trail.find({ sessionId: id, limit: ENTRIES }));
  }
}
