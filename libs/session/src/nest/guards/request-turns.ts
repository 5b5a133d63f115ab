import { identityOf, type HttpRequest } from '../transport/http-request.js';

/** Lets what is asked about one request at the same time be asked one after the other: the resolvers of a GraphQL operation run side by side. */
export class RequestTurns {
  private readonly last = new WeakMap<object, Promise<unknown>>();

  /** Does something when all that was asked about this request before is done, well or not. */
  take<T>(request: HttpRequest, work: () => Promise<T>): Promise<T> {
    const identity = identityOf(request);
    const before = this.last.get(identity) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.last.set(identity, mine);
    return mine;
  }
}
