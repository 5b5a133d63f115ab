import type { AuditPlace } from 'nestjs-hybrid-session';
import type { AuditVerdict } from 'nestjs-hybrid-session/typeorm';
import { DataSource } from 'typeorm';
import type { Environment } from '../config/environment-reader.js';
import { loadConfig } from '../config/load-config.js';
import { dataSourceOptions } from '../database/data-source.js';
import { auditTrail } from './audit-trail.js';

const USAGE =
  'Usage: npm run audit:verify -- [--known <seq>:<hash>], where <seq>:<hash> is the head that an earlier run has printed.';

const NOTHING_THERE =
  'There is no audit trail here. Each start of the application leaves an entry: either none has started yet, or the trail was deleted.';

/** What a program ends with. */
type ExitCode = 0 | 1 | 2;

/** What is said of a trail: 0 only if nothing is wrong, 1 if it is broken, 2 if that could not be found out. */
export interface AuditReport {
  readonly code: ExitCode;
  readonly text: string;
}

/** Verifies the audit trail of the application that this environment describes. Changes nothing. */
export async function verifyAudit(environment: Environment, parameters: readonly string[]): Promise<AuditReport> {
  try {
    const known = readKnown(parameters);
    const config = loadConfig(environment);
    const dataSource = await new DataSource(dataSourceOptions(config.storage.database)).initialize();
    try {
      const verdict = await auditTrail(config, dataSource).verify(known);
      if (verdict.intact && verdict.head.seq === 0) return { code: 2, text: NOTHING_THERE };
      return { code: verdict.intact ? 0 : 1, text: inWords(verdict) };
    } finally {
      await dataSource.destroy();
    }
  } catch (error) {
    return { code: 2, text: `The audit trail was not verified. ${reasonOf(error)}` };
  }
}

function readKnown(parameters: readonly string[]): AuditPlace | undefined {
  if (parameters.length === 0) return undefined;
  const [option, place = '', ...more] = parameters;
  const [, seq, hash] = /^(\d{1,15}):([\w-]{43})$/.exec(place) ?? [];
  if (option !== '--known' || !seq || !hash || more.length > 0) throw new Error(USAGE);
  return { seq: Number(seq), hash };
}

const FAULTS = {
  edited: 'is not what was written there',
  missing: 'is missing',
  inserted: 'was put in by somebody else',
  forged: 'or one after it was made by somebody else, with those that follow',
  span: 'is where the trail is said to begin or to end, which is not what the server said',
  rolled_back: 'is not the one that the trail is known to have had: an older trail was put back',
  unknown_key: 'and what follows cannot be judged: the keys that vouch for it are not in SESSION_KEYS',
};

function inWords(verdict: AuditVerdict): string {
  if (!verdict.intact) return `The audit trail is broken: entry ${verdict.seq} ${FAULTS[verdict.fault]} (${verdict.fault}).`;
  const { entries, base, head } = verdict;
  const pruned = base.seq > 0 ? `, after ${base.seq} that were old enough to go` : '';
  return `The audit trail is intact: ${entries} entries${pruned}. Head: ${head.seq}:${head.hash}`;
}

/** A store's error says only that it is away; why stands in its cause. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (reason instanceof AggregateError) return reason.errors.map(reasonOf).join(' ');
  return reason instanceof Error ? reason.message : 'Unknown error.';
}
