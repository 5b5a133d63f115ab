import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { LiveSessions } from '../../core/live/live-sessions.js';
import type { Session } from '../../core/session.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import type { HttpRequest } from '../transport/http-request.js';

/** Answers that live as long as the session that asked for them. */
@Injectable()
export class LiveAnswers {
  constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly live: LiveSessions,
  ) {}

  /**
   * Breaks an answer off as soon as the session ends.
   * @throws InvalidSessionError, StoreUnavailableError when it has ended already, or nobody can say
   */
  async keep(session: Session, request: HttpRequest, response: unknown): Promise<void> {
    const raw = serverResponseOf(response);
    const connection = await this.live.admit(session, this.gatekeeper.recheckOf(session, request), () => raw.destroy());
    raw.once('close', () => this.live.release(connection));
    if (raw.closed) this.live.release(connection);
  }
}

/** Node's own answer, under that of Express or Fastify. */
function serverResponseOf(response: unknown): ServerResponse {
  const { raw = response } = response as { readonly raw?: unknown };
  return raw as ServerResponse;
}
