import type { Violation } from './check-history.js';
import type { Answer, Call, Operation, Shown } from './operation.js';
import type { ModelUser } from './sequential-model.js';

/** How many calls are told before the one that cannot be explained. */
const TOLD = 30;
const STATES = 4;

/** Tells a person what is wrong: the answer that cannot be, what may have been true before it, and how it came to that. */
export function inWords({ operation, possible }: Violation, history: readonly Operation[]): string {
  const before = history.filter(({ id, calledAt }) => id !== operation.id && calledAt <= (operation.returned?.at ?? Infinity));
  const told = [...before.sort((a, b) => a.calledAt - b.calledAt).slice(-TOLD), operation];
  const origin = told[0]?.calledAt ?? 0;
  const left = before.length + 1 - told.length;
  return [
    `No order of atomic steps explains how ${operation.user} was answered:`,
    `  ${lineOf(operation, origin)}`,
    `What may have been true just before (${possible.length}):`,
    ...possible.slice(0, STATES).map((user) => `  ${userInWords(user)}`),
    ...(possible.length > STATES ? [`  and ${possible.length - STATES} more`] : []),
    `How it came to that (milliseconds from the first line${left > 0 ? `; ${left} calls before it are left out` : ''}):`,
    ...told.map((one) => `  ${lineOf(one, origin)}`),
  ].join('\n');
}

function lineOf({ id, client, instance, call, calledAt, returned }: Operation, origin: number): string {
  const at = (moment: number) => ((moment - origin) / 1000).toFixed(3).padStart(9);
  const span = `${at(calledAt)} ..${returned ? at(returned.at) : '   no end '}`;
  return `#${id} ${span}  ${client} at ${instance}: ${callInWords(call)} -> ${returned ? answerInWords(returned.answer) : 'no answer'}`;
}

function callInWords(call: Call): string {
  switch (call.type) {
    case 'login':
      return `${call.channel} login, password ${call.password}${call.endOthers ? ', ending others' : ''}`;
    case 'check':
      return `request with ${shownInWords(call.shown)}`;
    case 'refresh':
      return `refresh of ${call.session} generation ${call.generation}`;
    case 'revokeToken':
      return `RFC 7009 revocation of ${call.session} generation ${call.generation}`;
    case 'logout':
      return `logout with ${shownInWords(call.shown)}`;
    case 'endOne':
      return `end ${call.target}, with ${shownInWords(call.shown)}`;
    case 'endOthers':
      return `end the others, with ${shownInWords(call.shown)}`;
    case 'endAll':
      return `end all, with ${shownInWords(call.shown)}`;
    case 'list':
      return `list, with ${shownInWords(call.shown)}`;
    case 'tokenOfCookie':
      return `access token for ${shownInWords(call.shown)}`;
    case 'reauthenticate':
      return `re-authentication, password ${call.password}, with ${shownInWords(call.shown)}`;
    case 'changePassword':
      return `change of password ${call.current} to ${call.next}, with ${shownInWords(call.shown)}`;
  }
}

function shownInWords({ kind, session, generation }: Shown): string {
  return `${kind === 'cookie' ? 'cookie' : 'access token'} of ${session} generation ${generation}`;
}

function answerInWords(answer: Answer): string {
  switch (answer.type) {
    case 'issued':
      return `${answer.session} generation ${answer.generation}`;
    case 'ended':
      return `${answer.count} ended`;
    case 'listed':
      return `listed ${answer.sessions.join(', ') || 'none'}`;
    case 'notFound':
      return 'not found';
    case 'limitReached':
      return 'limit reached';
    case 'unexpected':
      return `UNEXPECTED: ${answer.what}`;
    case 'done':
    case 'refused':
      return answer.type;
  }
}

function userInWords({ password, sessions }: ModelUser): string {
  const living = [...sessions].map(([id, { channel, generation, minGeneration, used }]) => {
    const least = minGeneration > 0 ? `, none below ${minGeneration} is good` : '';
    return `${id} (${channel}) at generation ${generation}${used ? ', used' : ''}${least}`;
  });
  return `password ${password}; ${living.length > 0 ? living.join('; ') : 'no session lives'}`;
}
