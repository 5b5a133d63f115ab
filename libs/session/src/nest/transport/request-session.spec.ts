import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Session } from '../../core/session.js';
import { aRecord } from '../../testing/a-record.js';
import type { HttpRequest } from './http-request.js';
import { attachSession, sessionFoundBy, sessionOf } from './request-session.js';

function aSession(): Session {
  const content = { principal: { username: 'ada', roles: [] }, device: { label: 'Firefox', address: '192.0.2.1' }, data: {} };
  return new Session({ record: aRecord(), content }, 1);
}

const FINDER = {};

const aRequest = (): HttpRequest => ({ method: 'GET', headers: {} });

describe('the session of a request', () => {
  it('is that of this request alone, and the one that was attached last', () => {
    const [request, other] = [aRequest(), aRequest()];
    for (const session of [aSession(), aSession()]) {
      attachSession(request, session, FINDER);
      expect(sessionOf(request)).toBe(session);
    }
    expect(sessionOf(other)).toBeUndefined();
  });

  it('is found by whatever wraps the request, before and after', () => {
    const raw = { ...aRequest(), rawHeaders: [] };
    const session = aSession();
    attachSession({ ...aRequest(), raw }, session, FINDER);
    expect(sessionOf(raw)).toBe(session);
    expect(sessionOf({ ...aRequest(), raw })).toBe(session);
  });

  it.each([
    ['frozen', Object.freeze(aRequest())],
    ['a proxy', new Proxy(aRequest(), {})],
    ['one whose `raw` is the text of its body', Object.assign(aRequest(), { raw: 'text' })],
  ])('is found also where the request is %s', (_, request) => {
    const session = aSession();
    expect(sessionOf(request)).toBeUndefined();
    attachSession(request, session, FINDER);
    expect(sessionOf(request)).toBe(session);
  });

  it('is that of this request alone, whatever several have in common under `raw`', () => {
    const raw = Buffer.alloc(0);
    const request = Object.assign(aRequest(), { raw });
    const other = Object.assign(aRequest(), { raw });
    const session = aSession();
    attachSession(request, session, FINDER);
    expect([sessionOf(request), sessionOf(other)]).toEqual([session, undefined]);
  });

  it('is what one gatekeeper has found, and nothing to another', () => {
    const request = aRequest();
    const [session, another] = [aSession(), aSession()];
    const other = {};
    attachSession(request, session, FINDER);
    expect([sessionFoundBy(FINDER, request), sessionFoundBy(other, request)]).toEqual([session, undefined]);
    attachSession(request, another, other);
    expect([sessionFoundBy(FINDER, request), sessionFoundBy(other, request)]).toEqual([undefined, another]);
  });

  it('is seen by nobody who writes the request down, copies it, or looks through it', () => {
    const request = aRequest();
    const session = aSession();
    attachSession(request, session, FINDER);
    expect(inspect(request, { showHidden: true, depth: Infinity })).not.toContain(session.id);
    expect(JSON.stringify(request)).not.toContain(session.id);
    expect(Reflect.ownKeys(request)).toEqual(Reflect.ownKeys(aRequest()));
    expect(sessionOf({ ...request })).toBeUndefined();
    expect(sessionOf(structuredClone(request))).toBeUndefined();
  });
});
