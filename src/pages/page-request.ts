import type { HttpRequest } from 'nestjs-hybrid-session';

/** The path that a request is for, without its query. */
export function pathOf({ originalUrl, url }: HttpRequest): string {
  return (originalUrl ?? url ?? '').split('?', 1)[0] ?? '';
}

/** The pages behind the login. */
const PAGES = /^\/(password|console(\/.*)?)?$/;

/** A visit of a page behind the login. */
export function isPageVisit(request: HttpRequest): boolean {
  return request.method === 'GET' && PAGES.test(pathOf(request));
}

/** A browser that submitted a form by itself and shows what it gets, as against a script or a program that sends form fields. */
export function isPageForm(request: HttpRequest): boolean {
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return request.method === 'POST' && isForm && wantsPage(request);
}

/** Whether an answer will be looked at by a person. */
export function wantsPage({ headers }: HttpRequest): boolean {
  return headers.accept?.includes('text/html') === true;
}
