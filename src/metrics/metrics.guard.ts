import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, NotFoundException, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AppConfig } from '../config/app-config.js';

interface AnyRequest {
  readonly headers: { readonly authorization?: string };
}

/** Lets in whoever brings the token of the metrics; in development, where there is none, whoever comes. No session opens this door. */
@Injectable()
export class MetricsGuard implements CanActivate {
  constructor(
    private readonly config: AppConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { metrics } = this.config.observability;
    if (metrics === 'off') throw new NotFoundException();
    if (metrics === 'open') return true;
    const http = context.switchToHttp();
    const { authorization = '' } = http.getRequest<AnyRequest>().headers;
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (isSame(token, metrics.token)) return true;
    this.host.httpAdapter.setHeader(http.getResponse(), 'WWW-Authenticate', 'Bearer realm="metrics"');
    throw new UnauthorizedException('The metrics ask for their token.');
  }
}

/** Digests have one length, and how far two of them agree tells nothing of what they are of. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
