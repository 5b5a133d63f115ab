import { Controller, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { InvalidClientError, InvalidInputError } from '../../core/errors.js';
import { StreamNotFoundError } from '../../core/not-found-errors.js';
import type { SignalStream } from '../../core/signals/signals-options.js';
import { OAuthClients } from '../controllers/oauth-clients.js';
import { Public } from '../decorators/public.decorator.js';
import { OAuthErrorFilter } from '../error.filter.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import type { HttpRequest } from '../transport/http-request.js';
import { originOf } from '../transport/origin-of.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { Signals } from './signals.js';

const ID = { max: 64 };
/** That of an entry, and that of a stream. */
const JTI = { max: 128 };
/** As much as an entry of the audit trail holds, in which it waits. */
const STATE = { max: 255 };
const PRINTABLE = /^[\x20-\x7e]*$/;
/** Signals in one answer: fewer than 1 MB. */
const MOST = 500;
/** What a client may acknowledge at once. */
const MOST_DONE = 1_000;
const NEEDS_PROOF = 'Signals are for clients with a secret or keys.';

/** A client of the OAuth endpoints that receives signals. */
interface Receiver {
  readonly id: string;
  readonly streams: readonly SignalStream[];
}

/** What a receiver of signals can do: see how its streams are set up, have one verified (SSF 1.0 §8.1), and fetch (RFC 8936). */
@Controller('oauth/signals')
@Public()
@UseFilters(OAuthErrorFilter)
export class SignalsController {
  constructor(
    private readonly runtime: SessionRuntime,
    private readonly oauthClients: OAuthClients,
    private readonly signals: Signals,
    private readonly headers: ResponseHeaders,
  ) {}

  @Get('streams')
  async configurations(@Req() request: HttpRequest, @Res({ passthrough: true }) response: unknown): Promise<object> {
    this.headers.noStore(response);
    const receiver = await this.receiverOf(request, Fields.none());
    const id = new URL(request.originalUrl ?? request.url ?? '', 'http://localhost').searchParams.get('stream_id');
    if (id !== null) return this.signals.configurationOf(streamOf(receiver, id));
    return receiver.streams.map((stream) => this.signals.configurationOf(stream));
  }

  @Post('verification')
  @HttpCode(204)
  async verify(@Req() request: HttpRequest): Promise<void> {
    const fields = Fields.of(request, 'json');
    const receiver = await this.receiverOf(request, fields);
    const { id } = streamOf(receiver, fields.text('stream_id', ID));
    const state = fields.optionalText('state', STATE);
    if (state !== undefined && !PRINTABLE.test(state)) throw new InvalidInputError('The state must be printable ASCII.', 'state');
    this.runtime.core.emit({
      type: 'signal.verification_requested',
      at: this.runtime.clock.now(),
      clientId: receiver.id,
      stream: id,
      address: originOf(request).address,
      ...(state === undefined ? {} : { state }),
    });
  }

  /** What the client has is forgotten first, also what it has complaints about: told again, it would be no better (RFC 8936 §2.2). */
  @Post('poll/:stream')
  @HttpCode(200)
  async poll(
    @Param('stream') id: string,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<object> {
    this.headers.noStore(response);
    const fields = Fields.of(request, 'json');
    const stream = streamOf(await this.receiverOf(request, fields), id);
    if (stream.push || !this.signals.running) throw new StreamNotFoundError('The signals of this stream are pushed.');
    const { polls } = this.signals.running;
    const { signals, more } = await polls.poll(stream, {
      limit: fields.count('maxEvents', MOST),
      immediately: fields.flag('returnImmediately'),
      done: [...fields.texts('ack', JTI, MOST_DONE), ...fields.names('setErrs', JTI, MOST_DONE)],
    });
    if (polls.isClosed) this.headers.set(response, 'Connection', 'close'); // else the server would wait for this connection
    return { sets: Object.fromEntries(signals.map(({ jti, token }) => [jti, token])), moreAvailable: more };
  }

  private async receiverOf(request: HttpRequest, fields: Fields): Promise<Receiver> {
    const client = await this.oauthClients.of(request, fields);
    if (!client?.confidential) throw this.oauthClients.refusal(request, new InvalidClientError(NEEDS_PROOF), client?.id);
    const streams = this.signals.running?.streams ?? [];
    return { id: client.id, streams: streams.filter((stream) => stream.client === client.id) };
  }
}

/** @throws StreamNotFoundError also for a stream of another client: nobody learns which there are */
function streamOf({ streams }: Receiver, id: string): SignalStream {
  const stream = streams.find((one) => one.id === id);
  if (!stream) throw new StreamNotFoundError();
  return stream;
}
