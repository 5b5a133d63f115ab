import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { KnownClient } from '../../core/tokens/client-registry.js';
import { Fields } from '../transport/fields.js';
import { identityOf, requestOf, type HttpRequest } from '../transport/http-request.js';
import { OAuthClients } from './oauth-clients.js';

const clients = new WeakMap<object, KnownClient>();

/**
 * Finds out which OAuth client a login is from, before its password is looked at: otherwise the answer to a client that is none
 * would tell whether the password was right, and no session would tell its owner.
 */
@Injectable()
export class LoginClientGuard implements CanActivate {
  constructor(private readonly oauthClients: OAuthClients) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const client = await this.oauthClients.of(request, Fields.of(request, 'json'));
    if (client) clients.set(identityOf(request), client);
    return true;
  }
}

/** The client that {@link LoginClientGuard} found; none is the application's own. */
export function loginClientOf(request: HttpRequest): KnownClient | undefined {
  return clients.get(identityOf(request));
}
