import { HttpException, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Audit, isSessionId, originOf, SessionError, type HostFacts, type HttpRequest } from 'nestjs-hybrid-session';
import { tap, type Observable } from 'rxjs';
import { isUserId } from '../users/user-names.js';
import { APP_ACTS, type AppAct } from './app-acts.js';

/** What a route does, for the audit trail. */
export interface AuditedAct {
  readonly act: AppAct;
  /** Whose `:id` is in the path; `answer`: the user is in the answer; default: the act is about nobody, or about who acts. */
  readonly about?: 'user' | 'session' | 'answer' | 'self';
}

/** `@Audited({ act: 'user.disabled', about: 'user' })`: the route leaves one entry in the audit trail, done or refused. */
export const Audited = Reflector.createDecorator<AuditedAct>();

interface RequestWithId extends HttpRequest {
  readonly params?: Readonly<Record<string, string>>;
}

/** Records what routes do that are marked with {@link Audited}. What a guard refuses does not come here: the guard tells it. */
@Injectable()
export class AuditedActs implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: Audit,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const audited = this.reflector.get(Audited, context.getHandler());
    if (!audited) return next.handle();
    const request = context.switchToHttp().getRequest<RequestWithId>();
    const record = (facts: Pick<HostFacts, 'outcome' | 'reason'>, answer?: unknown) =>
      this.audit.record({ type: audited.act, owasp: APP_ACTS[audited.act], ...aboutOf(audited, request, answer), ...facts });
    let isTold = false; // a stream of events is one act, whatever it goes on to say
    return next.handle().pipe(
      tap({
        next: (answer: unknown) => {
          if (!isTold) record({ outcome: 'success' }, answer);
          isTold = true;
        },
        error: (error: unknown) => record({ outcome: 'failure', reason: reasonOf(error) }),
      }),
    );
  }
}

/** What is no id is not written down: whoever mistakes a credential for one must not find it in the log. */
function aboutOf({ about }: AuditedAct, request: RequestWithId, answer: unknown): Partial<HostFacts> {
  const { address, actorId, actorSessionId } = originOf(request);
  if (about === 'self') return { address, userId: actorId, sessionId: actorSessionId };
  const by = { address, actorId, actorSessionId };
  const id = request.params?.['id'] ?? '';
  if (about === 'user') return isUserId(id) ? { ...by, userId: id } : by;
  if (about === 'session') return isSessionId(id) ? { ...by, sessionId: id } : by;
  const isUser = about === 'answer' && typeof answer === 'object' && answer !== null && 'id' in answer;
  return isUser ? { ...by, userId: String(answer.id) } : by;
}

/** The code that the client is told. */
function reasonOf(error: unknown): string {
  if (error instanceof SessionError) return error.code;
  if (error instanceof HttpException) return error.errorCode ?? `status ${error.getStatus()}`;
  return 'fault';
}
