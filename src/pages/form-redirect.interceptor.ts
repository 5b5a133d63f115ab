import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ResponseHeaders, type HttpRequest } from 'nestjs-hybrid-session';
import { map, type Observable } from 'rxjs';
import { doneAddress, loginAddress } from './notices.js';
import { isPageForm, pathOf } from './page-request.js';

/** Where a form of our pages goes on to. The library sends a login on by itself. */
const THEN: ReadonlyMap<string, string> = new Map([
  ['/auth/logout', loginAddress('logged_out')],
  ['/auth/logout-all', loginAddress('everywhere')],
  ['/auth/password', doneAddress('password')],
]);

/** Sends a browser without script on to a page after a form that was taken (303); its answer is for programs, and they get it as ever. */
@Injectable()
export class FormRedirectInterceptor implements NestInterceptor<unknown, unknown> {
  constructor(private readonly headers: ResponseHeaders) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const then = isPageForm(request) ? THEN.get(pathOf(request)) : undefined;
    if (then === undefined) return next.handle();
    return next.handle().pipe(
      map(() => {
        this.headers.redirect(http.getResponse<unknown>(), then);
        return '';
      }),
    );
  }
}
