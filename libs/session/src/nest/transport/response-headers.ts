import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { BrowserCredentials } from '../../core/issued-session.js';
import { DEVICE_LIFETIME } from '../../core/secrets/device-secrets.js';
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
    const { name, sameSite } = this.runtime.options.cookie;
    this.appendCookie(response, `${name}=${credentials.cookie}`, [...maxAge, `SameSite=${sameSite}`]);
  }

  /** Makes the browser a known one. `Strict`: only our own login reads it, and a logout leaves it. */
  setDeviceCookie(response: unknown, secret: string): void {
    const { deviceName, sameSite } = this.runtime.options.cookie;
    const attributes = [`Max-Age=${DEVICE_LIFETIME / 1000}`, `SameSite=${sameSite === 'None' ? 'None' : 'Strict'}`];
    this.appendCookie(response, `${deviceName}=${secret}`, attributes);
  }

  /** Takes the session from the browser. Only a logout does this: a refusal must never wipe a fresher cookie. */
  clearCookie(response: unknown): void {
    const { name, sameSite } = this.runtime.options.cookie;
    this.appendCookie(response, `${name}=`, ['Max-Age=0', `SameSite=${sameSite}`]);
    this.set(response, 'Clear-Site-Data', '"cache","storage"');
  }

  /** Gives a visitor who has not logged in a session. It ends with the browser, if not before. */
  setVisitorCookie(response: unknown, cookie: string): void {
    const { visitorName, sameSite } = this.runtime.options.cookie;
    this.appendCookie(response, `${visitorName}=${cookie}`, [`SameSite=${sameSite}`]);
  }

  /** Takes it away: at the login, with which it ends. */
  clearVisitorCookie(response: unknown): void {
    const { visitorName, sameSite } = this.runtime.options.cookie;
    this.appendCookie(response, `${visitorName}=`, ['Max-Age=0', `SameSite=${sameSite}`]);
  }

  /** Takes away the cookie of a former system, for which there is one of ours now, or nothing. */
  clearFormerCookie(response: unknown): void {
    const cookie = this.runtime.options.formerSessions?.cookie;
    if (!cookie) return;
    const domain = cookie.domain === undefined ? '' : `; Domain=${cookie.domain}`;
    this.host.httpAdapter.appendHeader(
      response,
      'Set-Cookie',
      `${cookie.name}=; Max-Age=0; Path=${cookie.path}; HttpOnly${domain}`,
    );
    this.noStore(response);
  }

  /** Gives a client the nonce for its next proof, where proofs need one (RFC 9449 §8.2), so that it need not be told by a refusal. */
  offerNonce(response: unknown): void {
    const nonce = this.runtime.core.dpop.nonce();
    if (nonce !== undefined) this.set(response, 'DPoP-Nonce', nonce);
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

  private appendCookie(response: unknown, pair: string, attributes: readonly string[]): void {
    const { secure, domain } = this.runtime.options.cookie;
    const parts = [pair, ...attributes, 'Path=/', 'HttpOnly'];
    if (secure) parts.push('Secure');
    if (domain) parts.push(`Domain=${domain}`);
    this.host.httpAdapter.appendHeader(response, 'Set-Cookie', parts.join('; '));
    this.noStore(response);
  }
}
