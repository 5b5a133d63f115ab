import { Controller, HttpCode, Post, Req, UseFilters } from '@nestjs/common';
import { ForbiddenError } from '../../core/access-errors.js';
import { InvalidClientError, InvalidInputError } from '../../core/errors.js';
import { UserNotFoundError } from '../../core/not-found-errors.js';
import { Public } from '../decorators/public.decorator.js';
import { OAuthErrorFilter } from '../error.filter.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
import { OAuthClients } from './oauth-clients.js';

const FORMAT = { max: 32 };
/** As long as the id of a user can be. */
const NAME = { max: 255 };
const NEEDS_PROOF = 'Global Token Revocation needs a client with a secret or keys.';
const NOT_MEANT_FOR_IT = 'This client may not end the sessions of users: register it with mayRevokeUsers.';

/**
 * Global Token Revocation (draft-parecki-oauth-global-token-revocation): an identity provider or a security team's tool that has learnt
 * of a stolen account ends every credential of the user, and every login under way.
 */
@Controller('oauth')
@Public()
@UseFilters(OAuthErrorFilter)
export class GlobalRevocationController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly oauthClients: OAuthClients,
  ) {}

  @Post('global-token-revocation')
  @HttpCode(204)
  async revoke(@Req() request: HttpRequest): Promise<void> {
    const fields = Fields.of(request, 'json');
    const client = await this.oauthClients.of(request, fields);
    if (!client?.confidential) throw this.oauthClients.refusal(request, new InvalidClientError(NEEDS_PROOF), client?.id);
    const { clients, sessions, emit } = this.runtime.core;
    if (!clients.mayRevokeUsers(client.id)) throw new ForbiddenError(NOT_MEANT_FOR_IT);
    const userId = await this.userOf(fields.object('sub_id'));
    const { address } = originOf(request);
    const count = await sessions.revokeAll(userId, { reason: 'revoked', origin: { address } });
    emit({ type: 'oauth_client.revoked_user', at: this.runtime.clock.now(), clientId: client.id, userId, count, address });
  }

  /**
   * The user of a subject identifier (RFC 9493). Whether there is one of an id is not known here: ending nothing is no error.
   * @throws InvalidInputError, UserNotFoundError
   */
  private async userOf(subject: Fields): Promise<string> {
    const format = subject.text('format', FORMAT);
    const { accounts, options } = this.runtime;
    if (format === 'opaque') return subject.text('id', NAME);
    if (format === 'iss_sub') {
      if (subject.text('iss', NAME) !== options.issuer) throw new UserNotFoundError();
      return subject.text('sub', NAME);
    }
    if (format !== 'email' || !accounts) throw new InvalidInputError('This sub_id is of no format that is known here.', 'format');
    const userId = await accounts.idOf(subject.text('email', NAME));
    if (userId === undefined) throw new UserNotFoundError();
    return userId;
  }
}
