import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWTPayload, type JWTHeaderParameters } from 'jose';
import { bench, PERSON } from '../../spec/client-under-test.js';
import { API, json, type SeenRequest } from '../../spec/scripted-api.js';
import { DpopKey } from './dpop-key.js';

/** Verifies a proof as RFC 9449 §4.3 tells a server to, by another implementation. */
async function verified(
  proof: string | null,
): Promise<{ readonly payload: JWTPayload; readonly protectedHeader: JWTHeaderParameters }> {
  return jwtVerify(proof ?? '', EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 60, clockTolerance: 5 });
}
const ath = (token: string) => createHash('sha256').update(token).digest('base64url');
const proofOf = (seen: SeenRequest | undefined) => verified(seen?.headers.get('dpop') ?? null);

describe('A DPoP proof', () => {
  it('is what jose verifies, with the public key alone in its header', async () => {
    const key = await DpopKey.generate();
    const proof = await key.prove({ method: 'POST', url: new URL('https://api.example/oauth/token?a=1#b') });
    const { payload, protectedHeader } = await verified(proof);
    expect(Object.keys(protectedHeader.jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/),
      htm: 'POST',
      htu: 'https://api.example/oauth/token',
      iat: expect.any(Number),
    });
  });

  it('carries the hash of the token and the nonce, where there are', async () => {
    const key = await DpopKey.generate();
    const { payload } = await verified(
      await key.prove({ method: 'GET', url: new URL('https://api.example/me'), accessToken: 'token', nonce: 'n1' }),
    );
    expect(payload).toMatchObject({ ath: ath('token'), nonce: 'n1' });
  });

  it('is never the same twice, and always by the same key', async () => {
    const key = await DpopKey.generate();
    const proofs = await Promise.all(
      Array.from({ length: 50 }, async () => verified(await key.prove({ method: 'GET', url: new URL(API) }))),
    );
    expect(new Set(proofs.map(({ payload }) => payload.jti)).size).toBe(50);
    const thumbprints = await Promise.all(proofs.map(({ protectedHeader }) => calculateJwkThumbprint(protectedHeader.jwk ?? {})));
    expect(new Set(thumbprints).size).toBe(1);
  });

  it('comes of a key whose private half cannot be read', async () => {
    const pair = await DpopKey.generatePair();
    await expect(crypto.subtle.exportKey('jwk', pair.privateKey)).rejects.toThrow('not extractable');
    const proof = await (await DpopKey.of(pair)).prove({ method: 'GET', url: new URL(API) });
    await expect(verified(proof)).resolves.toMatchObject({ payload: { htm: 'GET' } });
  });
});

/** A server that binds its tokens. */
async function bound(nonces: { issuer?: string; resource?: string } = {}) {
  const made = bench({ dpop: DpopKey.generate() });
  const { api } = made;
  for (const path of ['POST /auth/token', 'POST /oauth/token']) {
    const handler = api.routes.get(path);
    api.routes.set(path, async (seen) => {
      const { payload } = await proofOf(seen);
      const given: Record<string, string> = nonces.issuer === undefined ? {} : { 'DPoP-Nonce': nonces.issuer };
      if (payload['nonce'] !== nonces.issuer) return json(400, { error: 'use_dpop_nonce' }, given);
      const answer = await handler?.(seen);
      const granted = (await answer?.json()) as object;
      return json(200, { ...granted, token_type: 'DPoP' });
    });
  }
  api.routes.set('GET /things', async (seen) => {
    const { payload } = await proofOf(seen);
    const given: Record<string, string> = nonces.resource === undefined ? {} : { 'DPoP-Nonce': nonces.resource };
    if (payload['nonce'] === nonces.resource) return api.guarded(seen, () => new Response('', { headers: given }));
    return new Response('', { status: 401, headers: { ...given, 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' } });
  });
  await made.client.login(PERSON);
  return { ...made, nonces };
}

describe('A client with a DPoP key', () => {
  it('proves it at the login, at each refresh and with each request, bound to the token', async () => {
    const { api, client, clock } = await bound();
    expect((await client.fetch('/things?page=2')).status).toBe(200);
    clock.advance(300_000);
    expect((await client.fetch('/things')).status).toBe(200);
    const [login, first, refresh, second] = await Promise.all(api.seen.map(proofOf));
    expect(login?.payload).toMatchObject({ htm: 'POST', htu: `${API}/auth/token` });
    expect(login?.payload).not.toHaveProperty('ath');
    expect(first?.payload).toMatchObject({ htm: 'GET', htu: `${API}/things`, ath: ath('a0.1') });
    expect(refresh?.payload).toMatchObject({ htm: 'POST', htu: `${API}/oauth/token` });
    expect(second?.payload).toMatchObject({ ath: ath('a1.2') });
    expect(api.to('GET /things').map(({ headers }) => headers.get('authorization'))).toEqual(['DPoP a0.1', 'DPoP a1.2']);
  });

  it('takes up the nonce of the server with one repetition, of the issuer and of the resource apart', async () => {
    const { api, client, clock, nonces } = await bound({ issuer: 'i1', resource: 'r1' });
    expect(api.to('POST /auth/token')).toHaveLength(2);
    expect((await client.fetch('/things')).status).toBe(200);
    expect((await client.fetch('/things')).status).toBe(200);
    expect(api.to('GET /things')).toHaveLength(3);
    Object.assign(nonces, { issuer: 'i2', resource: 'r2' });
    clock.advance(300_000);
    expect((await client.fetch('/things')).status).toBe(200);
    expect([api.refreshes.length, api.to('GET /things').length]).toEqual([2, 5]);
    expect((await proofOf(api.refreshes.at(-1))).payload['nonce']).toBe('i2');
    clock.advance(300_000);
    expect((await client.fetch('/things')).status).toBe(200);
    expect([api.refreshes.length, api.to('GET /things').length]).toEqual([3, 6]);
  });

  it('takes up a nonce that comes with a good answer before it is asked for', async () => {
    const { api, client, nonces } = await bound({ resource: 'r1' });
    await client.fetch('/things');
    const before = api.to('GET /things').length;
    await client.fetch('/things');
    expect(api.to('GET /things')).toHaveLength(before + 1);
    expect(nonces.resource).toBe('r1');
  });

  it('repeats once, and no more, at a server that is never content', async () => {
    const { api, client } = await bound();
    api.routes.set('GET /things', () => {
      const headers = { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': String(api.seen.length) };
      return new Response('', { status: 401, headers });
    });
    expect((await client.fetch('/things')).status).toBe(401);
    expect(api.to('GET /things')).toHaveLength(2);
  });

  it('asks for a refresh again whose request the network has delivered twice, and for what only reads', async () => {
    let made = 0;
    const { api, client, clock } = bench({ dpop: { prove: async () => `proof ${++made}` } });
    for (const path of ['POST /auth/token', 'POST /oauth/token']) {
      const handler = api.routes.get(path);
      api.routes.set(path, async (seen) => {
        const granted = await handler?.(seen);
        return json(200, { ...((await granted?.json()) as object), token_type: 'DPoP' });
      });
    }
    await client.login(PERSON);
    const second = () => new Response('', { status: 401, headers: { 'WWW-Authenticate': 'DPoP error="invalid_dpop_proof"' } });
    api.troubles.set('POST /oauth/token', [json(400, { error: 'invalid_dpop_proof' })]);
    api.troubles.set('GET /things', [second()]);
    api.troubles.set('POST /things', [second()]);
    clock.advance(300_000);
    expect((await clock.through(client.fetch('/things'))).status).toBe(200);
    expect([api.refreshes.length, api.to('GET /things').length]).toEqual([2, 2]);
    expect((await client.fetch('/things', { method: 'POST' })).status).toBe(401); // what it asks for the first may have done
    expect(api.to('POST /things')).toHaveLength(1);
    expect(new Set(api.seen.map(({ headers }) => headers.get('dpop'))).size).toBe(api.seen.length);
    expect(await client.isLoggedIn()).toBe(true);
  });

  it('a refused token brings a refresh, with a proof for the new one', async () => {
    const { api, client } = await bound();
    api.accepted.clear();
    expect((await client.fetch('/things')).status).toBe(200);
    expect((await proofOf(api.to('GET /things').at(-1))).payload).toMatchObject({ ath: ath('a1.2') });
  });

  it('refuses tokens that are not bound', async () => {
    const { client } = bench({ dpop: DpopKey.generate() });
    await expect(client.login(PERSON)).rejects.toThrow('not bound to the DPoP key');
    expect(await client.isLoggedIn()).toBe(false);
  });
});
