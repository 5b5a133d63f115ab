import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ProvingKey } from '../../../../../../test/support/proving-key.js';
import { CoreUnderTest, FIREFOX } from '../../../../spec/core-under-test.js';
import { signedBy } from '../../../../spec/forged-token.js';
import { ed25519Key } from '../../../../spec/key-material.js';
import { ManualClock } from '../../../../spec/manual-clock.js';
import { WatchedCounters } from '../../../../spec/watched-counters.js';
import { InvalidGrantError, InvalidTokenError } from '../../errors.js';
import type { SessionEvent } from '../../events.js';
import type { AccessTokenClaims } from '../access-tokens.js';
import { ClientRegistry } from '../client-registry.js';
import { DpopBinding } from './dpop-binding.js';
import { InvalidDpopProofError } from './dpop-errors.js';
import { DpopProofs } from './dpop-proofs.js';
import type { PresentedProof } from './presented-proof.js';
import { ReplayMemory } from '../replay-memory.js';
import { RequestUris } from './request-uris.js';

const key = ProvingKey.make();
const thiefsKey = ProvingKey.make();
const SIGNING_KEY = ed25519Key('signing-1');
const HEADER = { alg: 'Ed25519', typ: 'at+jwt', kid: 'signing-1' };

/** What a request for `/me` presents. */
const presented = (by: ProvingKey, now: number, accessToken?: string, method = 'GET'): PresentedProof => {
  const subject = { method, url: 'https://app.example/me', now, accessToken };
  return { headers: [by.prove(subject)], method, target: '/me' };
};

describe('A session that is bound to a key', () => {
  let app: CoreUnderTest;
  beforeEach(async () => {
    app = await CoreUnderTest.start({ signingKeys: [SIGNING_KEY] });
  });
  const refusalsOf = () => app.eventsOf('session.refused').map((event) => 'cause' in event && event.cause);

  it('takes no token without its key, or with another, though our own signing key has signed it', async () => {
    const { accessToken } = await app.api({ dpopThumbprint: key.thumbprint });
    const { cnf: _, ...claims } = decodeJwt(accessToken);
    for (const cnf of [undefined, {}, { jkt: thiefsKey.thumbprint }]) {
      const forged = signedBy(SIGNING_KEY, { header: HEADER, payload: { ...claims, cnf } });
      const proof = presented(thiefsKey, app.clock.now(), forged);
      await expect(app.token(forged)).rejects.toThrow(InvalidTokenError);
      await expect(app.sessions.authenticateToken(forged, FIREFOX, 'strict', false, proof)).rejects.toThrow(InvalidTokenError);
      expect(await app.tokens.introspect(forged)).toEqual({ active: false });
      await app.tokens.revoke(forged, undefined);
      await app.tokens.logout(forged, FIREFOX, proof);
    }
    expect(new Set(refusalsOf())).toEqual(new Set(['forged']));
    expect(app.ended('logout').concat(app.ended('revoked'))).toEqual([]);
    const proof = presented(key, app.clock.now(), accessToken);
    await expect(app.sessions.authenticateToken(accessToken, FIREFOX, 'strict', false, proof)).resolves.toBeDefined();
  });

  it('keeps its key through refresh and re-authentication, and has none where it is a browser', async () => {
    const { session, refreshToken, tokenType } = await app.api({ dpopThumbprint: key.thumbprint });
    expect(tokenType).toBe('DPoP');
    const proof = presented(key, app.clock.now(), undefined, 'POST');
    const refreshed = await app.tokens.refresh({ refreshToken, proof, context: FIREFOX });
    const renewed = await app.sessions.reauthenticate(session, await app.sessions.fence(session.userId));
    for (const token of [refreshed, renewed.credentials].flatMap((one) => ('accessToken' in one ? [one.accessToken] : []))) {
      expect(decodeJwt(token)['cnf']).toEqual({ jkt: key.thumbprint });
    }
    const browser = await app.browser({ dpopThumbprint: key.thumbprint });
    expect(await app.cookie(browser.cookie)).toMatchObject({ id: browser.session.id });
    expect(browser.session.record.dpopThumbprint).toBeUndefined();
  });

  it('is not ended by a client that lacks the key, whatever else is different about it', async () => {
    app = await CoreUnderTest.start({ onClientChange: { userAgent: 'end', network: 'end' } });
    const { accessToken, refreshToken } = await app.api({ dpopThumbprint: key.thumbprint });
    const elsewhere = { address: '203.0.113.9', userAgent: 'curl/8.14.1' };
    await expect(app.token(accessToken, elsewhere)).rejects.toThrow(InvalidTokenError);
    await expect(app.tokens.refresh({ refreshToken, context: elsewhere })).rejects.toThrow(InvalidGrantError);
    await app.sessions.settled();
    expect(app.events.map(({ type }) => type)).toEqual(['session.opened', 'dpop.refused', 'dpop.refused']);
  });
});

describe('The memory of proofs', () => {
  const clock = new ManualClock();
  const events: SessionEvent[] = [];
  let counters: WatchedCounters;
  let binding: DpopBinding;
  beforeEach(() => {
    counters = new WatchedCounters();
    const proofs = new DpopProofs(new RequestUris('https://app.example'), undefined);
    const replays = new ReplayMemory(counters, 'dpop-proof', 130_000);
    const emit = (event: SessionEvent) => void events.push(event);
    binding = new DpopBinding('accepted', proofs, replays, undefined, new ClientRegistry([]), clock, emit);
  });

  it('hears of a proof last: of none that is refused, and of one that passes once', async () => {
    const app = await CoreUnderTest.start();
    const { accessToken, session } = await app.api({ dpopThumbprint: key.thumbprint });
    const holder = { record: session.record, claims: decodeJwt<AccessTokenClaims>(accessToken) };
    const pass = (by: ProvingKey, token = accessToken) =>
      binding.passToken({ token: accessToken, proof: presented(by, clock.now(), token) }, holder, FIREFOX);
    await expect(pass(thiefsKey)).rejects.toThrow(InvalidTokenError);
    await expect(pass(key, 'another')).rejects.toThrow(InvalidDpopProofError);
    const stolen = await binding.verify(presented(thiefsKey, clock.now()), FIREFOX);
    await expect(binding.passRefresh(session.record, stolen, FIREFOX)).rejects.toThrow(InvalidGrantError);
    expect(counters.calls).toEqual([]);
    await pass(key);
    expect(counters.calls).toEqual(['hit dpop-proof']);
    expect(events.map((event) => 'cause' in event && event.cause)).toEqual(['key', 'ath', 'key']);
  });
});
