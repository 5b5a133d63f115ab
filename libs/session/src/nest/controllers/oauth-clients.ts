import { Injectable } from '@nestjs/common';
import { InvalidClientError, InvalidInputError } from '../../core/errors.js';
import { JWT_BEARER } from '../../core/tokens/client-assertions.js';
import type { KnownClient, PresentedClient } from '../../core/tokens/client-registry.js';
import { SessionRuntime } from '../session-runtime.js';
import type { Fields } from '../transport/fields.js';
import { headerOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';

const ID = { max: 128 };
const SECRET = { max: 512 };
const ASSERTION = { max: 8_192 };

/** Finds out which OAuth client a request is from, and tells the audit trail of one that cannot prove it. */
@Injectable()
export class OAuthClients {
  constructor(private readonly runtime: SessionRuntime) {}

  /**
   * The client of a request, by HTTP Basic, by the form or by an assertion, never by two of them (RFC 6749 §2.3). None is the application's own.
   * @throws InvalidClientError, InvalidInputError
   * @throws StoreUnavailableError while nobody can tell whether an assertion was used before
   */
  async of(request: HttpRequest, form: Fields): Promise<KnownClient | undefined> {
    const id = form.optionalText('client_id', ID);
    const secret = form.optionalText('client_secret', SECRET);
    const assertion = assertionOf(form);
    const basic = this.basicOf(request);
    if (basic && (secret !== undefined || (id !== undefined && id !== basic.id))) {
      throw new InvalidInputError('The client authenticates twice: use the Authorization header or the form, not both.');
    }
    if (assertion !== undefined) {
      if (basic || secret !== undefined)
        throw new InvalidInputError('The client authenticates twice: an assertion needs no secret beside it.');
      return this.byAssertion(assertion, id, request);
    }
    const presented = basic ?? (id === undefined ? undefined : { id, secret });
    return presented && this.identify(presented, request);
  }

  private identify(presented: PresentedClient, request: HttpRequest): KnownClient {
    try {
      return this.runtime.core.clients.identify(presented);
    } catch (error) {
      throw error instanceof InvalidClientError ? this.refusal(request, error, presented.id) : error;
    }
  }

  /** A client that signs (RFC 7521 §4.2: a `client_id` beside the assertion must be the same). */
  private async byAssertion(assertion: string, id: string | undefined, request: HttpRequest): Promise<KnownClient> {
    const { clientAssertions } = this.runtime.core;
    const subject = clientAssertions.subjectOf(assertion);
    try {
      if (id !== undefined && id !== subject) throw new InvalidClientError('client_id is another than the assertion is about.');
      return await clientAssertions.verify(assertion);
    } catch (error) {
      throw error instanceof InvalidClientError ? this.refusal(request, error, subject) : error;
    }
  }

  /** The error, told. The id is told only where it is one of ours: anything else is whatever a stranger typed. */
  refusal(request: HttpRequest, error: InvalidClientError, id?: string): InvalidClientError {
    const { core, clock } = this.runtime;
    const client = id !== undefined && core.clients.isRegistered(id) ? { clientId: id } : {};
    core.emit({ type: 'oauth_client.refused', at: clock.now(), address: clientOf(request).address, ...client });
    return error;
  }

  /** Client id and secret from HTTP Basic, each form-encoded before they were joined (RFC 6749 §2.3.1). */
  private basicOf(request: HttpRequest): PresentedClient | undefined {
    const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
    if (encoded === undefined) return undefined;
    const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
    try {
      const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
      return { id: decode(id), secret: secret === '' ? undefined : decode(secret) };
    } catch {
      throw this.refusal(request, new InvalidClientError(MALFORMED));
    }
  }
}

/** The assertion of a form. Its type has to be the one that we know (RFC 7521 §4.2). @throws InvalidInputError */
function assertionOf(form: Fields): string | undefined {
  const type = form.optionalText('client_assertion_type', ID);
  const assertion = form.optionalText('client_assertion', ASSERTION);
  if ((type === undefined) !== (assertion === undefined) || (type !== undefined && type !== JWT_BEARER))
    throw new InvalidInputError(`A client assertion needs client_assertion, and client_assertion_type ${JWT_BEARER}.`);
  return assertion;
}

const MALFORMED = 'The Authorization header is not HTTP Basic with form-encoded id and secret (RFC 6749 §2.3.1).';
