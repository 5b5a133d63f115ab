import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { InvalidClientError, InvalidInputError, UnsupportedGrantTypeError } from '../../core/errors.js';
import type { KnownClient, PresentedClient } from '../../core/tokens/client-registry.js';
import type { Introspection } from '../../core/token-service.js';
import { Public } from '../decorators/public.decorator.js';
import { OAuthErrorFilter } from '../error.filter.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import { headerOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { tokenAnswer, type TokenAnswer } from './answers.js';

const SHORT = { max: 128 };
const SECRET = { max: 512 };
const TOKEN = { max: 8192 };
const SCOPE = { max: 1024 };

/** The OAuth endpoints: refresh (RFC 6749 §6), revocation (RFC 7009), introspection (RFC 7662). Forms in, RFC 6749 errors out. */
@Controller('oauth')
@Public()
@UseFilters(OAuthErrorFilter)
export class OAuthController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly headers: ResponseHeaders,
  ) {}

  @Post('token')
  @HttpCode(200)
  async token(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<TokenAnswer> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const grant = form.text('grant_type', SHORT);
    const client = this.clientOf(request, form);
    if (grant !== 'refresh_token') throw new UnsupportedGrantTypeError();
    const credentials = await this.runtime.core.tokens.refresh({
      refreshToken: form.text('refresh_token', TOKEN),
      client,
      scope: form.optionalText('scope', SCOPE),
      context: clientOf(request),
    });
    return tokenAnswer(credentials);
  }

  @Post('revoke')
  @HttpCode(200)
  async revoke(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<Record<string, never>> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const client = this.clientOf(request, form);
    form.optionalText('token_type_hint', SHORT); // read for its form only: every kind is searched anyway (RFC 7009 §2.1)
    await this.runtime.core.tokens.revoke(form.text('token', TOKEN), client);
    return {};
  }

  @Post('introspect')
  @HttpCode(200)
  async introspect(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<Introspection> {
    this.headers.noStore(response);
    const form = Fields.of(request, 'form');
    const client = this.clientOf(request, form);
    if (!client?.confidential) throw new InvalidClientError('Introspection needs a client with a secret (RFC 7662 §2.1).');
    form.optionalText('token_type_hint', SHORT);
    return this.runtime.core.tokens.introspect(form.text('token', TOKEN));
  }

  /** The client of the request, by HTTP Basic or by the form, never by both (RFC 6749 §2.3). None is the application's own. */
  private clientOf(request: HttpRequest, form: Fields): KnownClient | undefined {
    const id = form.optionalText('client_id', SHORT);
    const secret = form.optionalText('client_secret', SECRET);
    const basic = basicOf(request);
    if (basic && (secret !== undefined || (id !== undefined && id !== basic.id))) {
      throw new InvalidInputError('The client authenticates twice: use the Authorization header or the form, not both.');
    }
    const presented = basic ?? (id === undefined ? undefined : { id, secret });
    return presented && this.runtime.core.clients.identify(presented);
  }
}

/** Client id and secret from HTTP Basic, each form-encoded before they were joined (RFC 6749 §2.3.1). */
function basicOf(request: HttpRequest): PresentedClient | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  try {
    const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
    return { id: decode(id), secret: secret === '' ? undefined : decode(secret) };
  } catch {
    throw new InvalidClientError('The Authorization header is not HTTP Basic with form-encoded id and secret (RFC 6749 §2.3.1).');
  }
}
