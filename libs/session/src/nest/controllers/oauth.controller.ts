import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { InvalidClientError, UnsupportedGrantTypeError } from '../../core/errors.js';
import type { Introspection } from '../../core/tokens/introspection.js';
import { Public } from '../decorators/public.decorator.js';
import { OAuthErrorFilter } from '../error.filter.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
import { clientOf } from '../transport/request-credential.js';
import { presentedProofOf } from '../transport/request-proof.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { tokenAnswer, type TokenAnswer } from './answers.js';
import { OAuthClients } from './oauth-clients.js';

const SHORT = { max: 128 };
const TOKEN = { max: 8192 };
const SCOPE = { max: 1024 };
const NEEDS_SECRET = 'Introspection needs a client with a secret or keys (RFC 7662 §2.1).';

/** The OAuth endpoints: refresh (RFC 6749 §6), revocation (RFC 7009), introspection (RFC 7662). Forms in, RFC 6749 errors out. */
@Controller('oauth')
@Public()
@UseFilters(OAuthErrorFilter)
export class OAuthController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly oauthClients: OAuthClients,
    private readonly headers: ResponseHeaders,
  ) {}

  @Post('token')
  @HttpCode(200)
  async token(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<TokenAnswer> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const grant = form.text('grant_type', SHORT);
    const client = await this.oauthClients.of(request, form);
    if (grant !== 'refresh_token') throw new UnsupportedGrantTypeError();
    const credentials = await this.runtime.core.tokens.refresh({
      refreshToken: form.text('refresh_token', TOKEN),
      client,
      scope: form.optionalText('scope', SCOPE),
      proof: presentedProofOf(request),
      context: clientOf(request),
    });
    if (credentials.tokenType === 'DPoP') this.headers.offerNonce(response);
    return tokenAnswer(credentials);
  }

  @Post('revoke')
  @HttpCode(200)
  async revoke(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<Record<string, never>> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const client = await this.oauthClients.of(request, form);
    form.optionalText('token_type_hint', SHORT); // read for its form only: every kind is searched anyway (RFC 7009 §2.1)
    await this.runtime.core.tokens.revoke(form.text('token', TOKEN), client, originOf(request));
    return {};
  }

  @Post('introspect')
  @HttpCode(200)
  async introspect(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<Introspection> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const client = await this.oauthClients.of(request, form);
    if (!client?.confidential) throw this.oauthClients.refusal(request, new InvalidClientError(NEEDS_SECRET), client?.id);
    form.optionalText('token_type_hint', SHORT);
    return this.runtime.core.tokens.introspect(form.text('token', TOKEN));
  }
}
