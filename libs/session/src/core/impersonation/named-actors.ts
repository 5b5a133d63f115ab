import { BoundedMap } from '../bounded-map.js';
import type { SessionEvent } from '../events.js';
import type { SessionActor } from './session-actor.js';

const REMEMBERED = 10_000;

/**
 * Who acts in which session, as far as this instance has read its record: so that every event of such a session names the actor,
 * wherever it is told. A token that is refused names him itself, in the event of its refusal and nowhere else: whoever has a signing
 * key must not put a name on a session. So only the end of a session that this instance has never seen goes without.
 */
export class NamedActors {
  private readonly actors = new BoundedMap<string, SessionActor>(REMEMBERED);

  /** Remembers who acts in a session. */
  note(sessionId: string, { userId, sessionId: own }: SessionActor): void {
    if (!this.actors.get(sessionId)) this.actors.set(sessionId, { userId, sessionId: own });
  }

  /** The event, with the actor of its session, unless somebody else did it. */
  named(event: SessionEvent): SessionEvent {
    const sessionId = 'sessionId' in event ? event.sessionId : undefined;
    const actor = sessionId === undefined ? undefined : this.actors.get(sessionId);
    if (!actor || ('actorId' in event && event.actorId !== undefined)) return event;
    return { ...event, actorId: actor.userId, actorSessionId: actor.sessionId };
  }
}
