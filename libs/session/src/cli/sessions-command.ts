import { plainText } from '../core/audit/plain-text.js';
import { inspectionInWords } from '../core/inspection-in-words.js';
import { isSessionId } from '../core/record/session-id.js';
import type { Session } from '../core/session.js';
import type { SessionCore } from '../core/session-core.js';
import type { InspectedRecord } from '../core/session-inspector.js';
import { formerVariableOf, openSessions, type StoreOptions } from './open-sessions.js';
import { UsageError } from './usage-error.js';

const COMMANDS = ['list', 'revoke', 'revoke-all', 'explain'] as const;

const NONE =
  'no live session here, as far as SESSION_KEYS and SESSION_SLOT_SECRET (or PUBLIC_URL) are those of the application and the id is the one that its Accounts give.';

/** Lists, explains and ends sessions in the store of an application; answers what is to be told. @throws UsageError, SessionError */
export async function sessionsCommand(
  words: readonly string[],
  options: StoreOptions,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const [named, subject, ...more] = words;
  const command = COMMANDS.find((one) => one === named);
  if (!command || !subject || more.length > 0) throw new UsageError();
  const takesId = command === 'revoke' || command === 'explain';
  if (takesId && !isSessionId(subject)) throw new UsageError('This is no session id: they are as `sessions list` shows them.');
  const { core, close } = await openSessions(options, environment);
  try {
    const text = await carryOut(command, subject, core);
    return command === 'revoke-all' ? `${text}\n${aboutFormerSessions(environment)}` : text;
  } finally {
    await close();
  }
}

async function carryOut(command: (typeof COMMANDS)[number], subject: string, core: SessionCore): Promise<string> {
  const { sessions, inspector } = core;
  switch (command) {
    case 'list':
      return list(await sessions.list(subject));
    case 'revoke':
      if (await sessions.revoke(subject)) return 'The session is ended: nothing of it is accepted any more.';
      throw new Error('There is no live session of this id. Why: sessions explain.');
    case 'revoke-all': {
      const count = await sessions.revokeAll(subject, { reason: 'revoked' });
      return count > 0 ? `Ended: ${count}. Logins under way are refused.` : `The user has ${NONE}`;
    }
    case 'explain':
      return explain(await inspector.inspect(subject));
  }
}

/** Said each time: whoever reads it knows whether the application exchanges sessions, and where those lie. */
function aboutFormerSessions(environment: NodeJS.ProcessEnv): string {
  const variable = formerVariableOf(environment);
  return variable
    ? `No session of express-session in the Redis of ${variable} is exchanged for the user any more. If they lie elsewhere: again, with FORMER_REDIS_URL.`
    : 'NOT ended: sessions of express-session, if the application exchanges them (formerSessions). Then again, with FORMER_REDIS_URL.';
}

function list(sessions: readonly Session[]): string {
  const lines = sessions.map(({ id, channel, device, lastSeenAt, endsAt, actor }) =>
    [
      id,
      channel.padEnd('browser'.length),
      `seen ${timeOf(lastSeenAt)}`,
      `ends ${timeOf(endsAt)}`,
      plainText(device.address),
      plainText(device.label),
      ...(actor ? [`by ${plainText(actor.userId)}`] : []),
    ].join('  '),
  );
  return lines.join('\n') || `The user has ${NONE}`;
}

function explain(inspection: Awaited<ReturnType<SessionCore['inspector']['inspect']>>): string {
  if (!inspection) throw new UsageError();
  const reason = 'reason' in inspection ? ` (${inspection.reason})` : 'limit' in inspection ? ` (${inspection.limit})` : '';
  const facts = 'record' in inspection ? factsOf(inspection.record) : [];
  return [`${inspection.state}${reason}: ${inspectionInWords(inspection.state)}`, ...facts].join('\n');
}

function factsOf(record: InspectedRecord): readonly string[] {
  return Object.entries(record).map(([name, value]) => {
    const text = typeof value === 'number' && name.endsWith('At') ? timeOf(value) : plainText(String(value));
    return `  ${name.padEnd('authenticatedAt'.length)}  ${text}`;
  });
}

/** A time that somebody spoilt in the store must not keep the rest from being seen. */
function timeOf(moment: number): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? 'no time' : date.toISOString();
}
