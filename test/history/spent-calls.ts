import type { Operation, Rules } from './operation.js';
import type { Progress } from './programs.js';
import { accepts, type ModelUser } from './sequential-model.js';

/** Lost calls that can change nothing any more are forgotten: they would double the possibilities for ever. */
export function isSpent({ call }: Operation, { stage }: Progress, user: ModelUser, rules: Rules): boolean {
  if (stage === 'guard' && 'shown' in call) return !accepts(user, call.shown.session, call.shown.generation);
  switch (call.type) {
    case 'refresh':
    case 'revokeToken':
      return !user.sessions.has(call.session);
    case 'logout':
      return !user.sessions.has(call.shown.session);
    case 'endOne':
      return stage === 'act' && !user.sessions.has(call.target);
    case 'reauthenticate':
      return !user.sessions.has(call.shown.session);
    case 'login': // passwords are numbered in the order in which they are chosen, and none comes back
      return stage === 'prove' && user.password > call.password;
    case 'changePassword':
      return (stage === 'verify' || stage === 'prepare' || stage === 'commit') && user.password > call.current;
    case 'check':
    case 'list':
    case 'tokenOfCookie':
      return stage === 'act' || rules.predecessorDies === 'never' || call.shown.channel === 'browser';
    case 'endOthers':
    case 'endAll':
      return false;
  }
}
