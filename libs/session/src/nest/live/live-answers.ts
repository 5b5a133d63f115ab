import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { LiveConnection } from '../../core/live/live-connection.js';
import { LiveSessions } from '../../core/live/live-sessions.js';
import type { Session } from '../../core/session.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import type { HttpRequest } from '../transport/http-request.js';
import { type LastingAnswer, lastingAnswerOf } from './lasting-answer.js';

/** Answers that live as long as the session that asked for them. */
@Injectable()
export class LiveAnswers {
  constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly live: LiveSessions,
  ) {}

  /**
   * Breaks the answer of a route off as soon as the session ends, if it is one that lasts: `@Sse()`, `@EndsWithSession()`, a stream of gRPC.
   * @throws InvalidSessionError, StoreUnavailableError when it has ended already, or nobody can say
   */
  async keep(context: ExecutionContext, session: Session, request: HttpRequest, isLive: boolean): Promise<void> {
    const answer = lastingAnswerOf(context, isLive);
    if (answer) await this.admit(answer, session, request);
  }

  private async admit(answer: LastingAnswer, session: Session, request: HttpRequest): Promise<void> {
    let connection: LiveConnection | undefined;
    let isOver = false;
    answer.onClose(() => {
      isOver = true;
      if (connection) this.live.release(connection);
    });
    connection = await this.live.admit(session, this.gatekeeper.recheckOf(session, request), () => answer.breakOff());
    if (isOver) this.live.release(connection); // its client went while it was let in
  }
}
