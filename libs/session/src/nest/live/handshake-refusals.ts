import { HttpStatus, Injectable, Logger } from '@nestjs/common';
import { SessionError } from '../../core/errors.js';
import { challengeOf, demandOf } from '../challenges.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import { headersOf, PROBLEMS, statusOf } from '../problems.js';
import type { HandshakeRequest } from './handshake.js';

/** How a handshake is refused: by HTTP, and by `data` where there are only words. */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly headers: Record<string, string>;
  readonly data: Readonly<Record<string, string | number>>;
}

/** Answers handshakes that open no socket. */
@Injectable()
export class HandshakeRefusals {
  private readonly logger = new Logger(HandshakeRefusals.name);

  constructor(private readonly gatekeeper: Gatekeeper) {}

  /** The answer to a handshake that failed so. */
  of(error: unknown, request: HandshakeRequest): Refusal {
    if (!(error instanceof SessionError)) {
      this.logger.error('A handshake could not be judged.', error instanceof Error ? error.stack : undefined);
      return { status: HttpStatus.SERVICE_UNAVAILABLE, title: 'Not available', headers: {}, data: { code: 'unavailable' } };
    }
    const [, title] = PROBLEMS[error.code];
    const headers = { ...challengeOf(error, request, this.gatekeeper.challenger), ...headersOf(error) };
    return {
      status: statusOf(error, request),
      title,
      headers,
      data: { code: error.code, message: error.message, ...demandOf(error) },
    };
  }
}
