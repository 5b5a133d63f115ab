import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { BrowserCredentials } from '../../core/issued-session.js';
import { SessionRuntime } from '../session-runtime.js';

/** Writes the headers that carry or end credentials, on either HTTP adapter. */
@Injectable()
export class ResponseHeaders {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly runtime: SessionRuntime,
  ) {}

  /** Keeps caches away from an authenticated answer (ASVS 14.3.2). */
  noStore(response: unknown): void {
    this.set(response, 'Cache-Control', 'no-store');
  }

  /** Gives the browser its session. */
  setCookie(response: unknown, credentials: BrowserCredentials): void {
    const maxAge = credentials.maxAge === undefined ? [] : [`Max-Age=${credentials.maxAge}`];
    this.appendCookie(response, credentials.cookie, maxAge);
  }

  /** Takes the session from the browser. Only a logout does this: a refusal must never wipe a fresher cookie. */
  clearCookie(response: unknown): void {
    this.appendCookie(response, '', ['Max-Age=0']);
    this.set(response, 'Clear-Site-Data', '"cache","storage"');
  }

  /** Sets a header. */
  set(response: unknown, name: string, value: string): void {
    this.host.httpAdapter.setHeader(response, name, value);
  }

  /** Sets the status. */
  status(response: unknown, status: number): void {
    this.host.httpAdapter.status(response, status);
  }

  /** Sends a browser on after a form post (303, RFC 9110 §15.4.4). */
  redirect(response: unknown, location: string): void {
    this.status(response, 303);
    this.set(response, 'Location', location);
  }

  private appendCookie(response: unknown, value: string, attributes: readonly string[]): void {
    const { name, secure, sameSite, domain } = this.runtime.options.cookie;
    const parts = [`${name}=${value}`, ...attributes, 'Path=/', 'HttpOnly', `SameSite=${sameSite}`];
    if (secure) parts.push('Secure');
    if (domain) parts.push(`Domain=${domain}`);
    this.host.httpAdapter.appendHeader(response, 'Set-Cookie', parts.join('; '));
    this.noStore(response);
  }
}
