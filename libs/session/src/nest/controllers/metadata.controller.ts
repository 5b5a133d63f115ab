import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { ASSERTION_ALGORITHMS } from '../../core/tokens/client-assertions.js';
import { Public } from '../decorators/public.decorator.js';
import { SessionRuntime } from '../session-runtime.js';
import { headerOf, type HttpRequest } from '../transport/http-request.js';
import { ResponseHeaders } from '../transport/response-headers.js';

/** How long others may keep the keys, in seconds: also how long a new key must be published before it signs. */
const JWKS_MAX_AGE = 300;

const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];

/** What clients and resource servers need to know, all of it public: the keys (RFC 7517) and the endpoints (RFC 8414). */
@Controller('.well-known')
@Public()
export class MetadataController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly headers: ResponseHeaders,
  ) {}

  @Get('jwks.json')
  jwks(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): object | undefined {
    return this.cacheable(this.runtime.core.signingKeys.jwks(), request, response);
  }

  @Get(['oauth-authorization-server', 'openid-configuration'])
  metadata(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): object | undefined {
    const { issuer, clients, acrValues } = this.runtime.options;
    const dpop = this.runtime.core.dpop.algorithms;
    const scopes = [...new Set(clients.flatMap((client) => client.scopes ?? []))];
    const document = {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      grant_types_supported: ['refresh_token'],
      response_types_supported: [],
      acr_values_supported: acrValues,
      ...(dpop.length > 0 ? { dpop_signing_alg_values_supported: dpop } : {}),
      token_endpoint_auth_methods_supported: ['none', ...CLIENT_AUTHENTICATION],
      revocation_endpoint_auth_methods_supported: ['none', ...CLIENT_AUTHENTICATION],
      introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
      token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
      revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
      introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
      ...(clients.some(({ mayRevokeUsers }) => mayRevokeUsers)
        ? {
            global_token_revocation_endpoint: `${issuer}/oauth/global-token-revocation`,
            global_token_revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
          }
        : {}),
      ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    };
    return this.cacheable(document, request, response);
  }

  /** Where receivers of signals begin (SSF 1.0 §7). */
  @Get('ssf-configuration')
  signals(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): object | undefined {
    const { issuer, signals } = this.runtime.options;
    if (!signals) throw new NotFoundException();
    const document = {
      spec_version: '1_0',
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
      configuration_endpoint: `${issuer}/oauth/signals/streams`,
      verification_endpoint: `${issuer}/oauth/signals/verification`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:7617' }],
      default_subjects: 'ALL',
    };
    return this.cacheable(document, request, response);
  }

  private cacheable(document: object, request: HttpRequest, response: unknown): object | undefined {
    const etag = `"${createHash('sha256').update(JSON.stringify(document)).digest('base64url').slice(0, 27)}"`;
    this.headers.set(response, 'ETag', etag);
    this.headers.set(response, 'Cache-Control', `public, max-age=${JWKS_MAX_AGE}`);
    if (!matches(headerOf(request, 'if-none-match'), etag)) return document;
    this.headers.status(response, 304);
    return undefined;
  }
}

/** `If-None-Match` compares weakly, and may be a list or `*` (RFC 9110 §13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
