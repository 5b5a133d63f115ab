import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPublicKey, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import type { JWK } from 'jose';
import { hashedWith, signedAsIs, signedBy, unsigned } from '../../../spec/forged-token.js';
import { ed25519Key, p256Key, rsaKey } from '../../../spec/key-material.js';
import { sampleRecord } from '../../../spec/sample-record.js';
import { AccessTokens, type AccessTokenRules } from './access-tokens.js';
import { SigningKeys } from './signing-keys.js';

const NOW = 1_700_000_000_400;
const SECONDS = 1_700_000_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');
const RULES: AccessTokenRules = {
  issuer: 'https://app.example',
  audience: 'https://api.example',
  defaultClientId: 'first-party',
  lifetime: 300_000,
  clockTolerance: 0,
};
const record = sampleRecord({ authenticatedAt: NOW - 5_000, expiresAt: NOW + 28_800_000 });

const ed = ed25519Key('ed-1');
const ec = p256Key('ec-1');
const rsa = rsaKey(3_072, 'rsa-1');

async function tokensOf(keys: readonly JWK[], rules: Partial<AccessTokenRules> = {}): Promise<AccessTokens> {
  return new AccessTokens(await SigningKeys.import(keys), { ...RULES, ...rules }, randomBytes);
}

function decoded(segment: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(segment ?? '', 'base64url').toString('utf8'));
}

async function isAccepted(tokens: AccessTokens, token: string, now = NOW): Promise<boolean> {
  const claims = await tokens.read(token);
  return claims !== undefined && tokens.isCurrent(claims, now);
}

let tokens: AccessTokens;
let token: string;
beforeAll(async () => {
  tokens = await tokensOf([ed, ec]);
  ({ token } = await tokens.issue(record, 3, NOW));
});

describe('an access token (RFC 9068)', () => {
  it('carries every claim that is demanded, the session and its generation', async () => {
    const [header, payload] = token.split('.');
    expect(decoded(header)).toEqual({ alg: 'Ed25519', typ: 'at+jwt', kid: 'ed-1' });
    expect(decoded(payload)).toEqual({
      iss: 'https://app.example',
      aud: 'https://api.example',
      sub: record.userId,
      exp: SECONDS + 300,
      iat: SECONDS,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      client_id: 'mobile',
      sid: record.id,
      gen: 3,
      auth_time: SECONDS - 5,
      acr: 'aal1',
      amr: ['pwd'],
      scope: 'orders:read orders:write',
      cnf: { jkt: record.dpopThumbprint },
    });
    expect(await isAccepted(tokens, token)).toBe(true);
  });

  it('names the application itself where the session names no client, and leaves out what the session has not', async () => {
    const { clientId: _c, scope: _s, dpopThumbprint: _d, ...bare } = record;
    const issued = await tokens.issue(bare, 0, NOW);
    const claims = decoded(issued.token.split('.')[1]);
    expect(claims).toMatchObject({ client_id: 'first-party', gen: 0 });
    expect(claims).not.toHaveProperty('scope');
    expect(claims).not.toHaveProperty('cnf');
    expect(await isAccepted(tokens, issued.token)).toBe(true);
  });

  it('has an identifier of its own each time', async () => {
    const again = await tokens.issue(record, 3, NOW);
    expect(again.token).not.toBe(token);
    expect((await tokens.read(again.token))?.jti).not.toBe((await tokens.read(token))?.jti);
  });

  it('never outlives the absolute end of its session, nor its own lifetime', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600_000 }), async (left) => {
        const expiresAt = NOW + left;
        const issued = await tokens.issue({ ...record, expiresAt }, 3, NOW);
        const exp = (await tokens.read(issued.token))?.exp ?? Number.POSITIVE_INFINITY;
        expect(exp * 1000).toBeLessThanOrEqual(Math.min(expiresAt, NOW + RULES.lifetime));
        expect(issued.expiresIn).toBe(exp - SECONDS);
        expect(issued.expiresIn).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['Ed25519', ed],
    ['ES256', ec],
    ['RS256', rsa],
  ])('is signed with %s by a key of that kind', async (alg, jwk) => {
    const ring = await tokensOf([jwk]);
    const issued = await ring.issue(record, 0, NOW);
    expect(decoded(issued.token.split('.')[0])).toMatchObject({ alg });
    expect(await isAccepted(ring, issued.token)).toBe(true);
  });
});

describe('of a text that this server did not write, nothing is accepted', () => {
  const header = { alg: 'Ed25519', typ: 'at+jwt', kid: 'ed-1' };
  const payload = () => decoded(token.split('.')[1]);

  it('but exactly that text is: the forge itself works', async () => {
    expect(await isAccepted(tokens, signedBy(ed, { header, payload: payload() }))).toBe(true);
  });

  it.each(['none', 'None', 'nOnE', ''])('alg %j', async (alg) => {
    const forged = unsigned({ header: { ...header, alg }, payload: payload() });
    expect(await isAccepted(tokens, forged)).toBe(false);
    expect(await isAccepted(tokens, `${forged}${token.split('.')[2]}`)).toBe(false);
  });

  it('HS256 with the public key as the secret', async () => {
    const publicKey = createPublicKey({ key: { ...ed }, format: 'jwk' });
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'der', type: 'spki' }),
      Buffer.from(ed.x ?? '', 'base64url'),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
    ];
    for (const secret of secrets) {
      expect(await isAccepted(tokens, hashedWith(secret, { header: { ...header, alg: 'HS256' }, payload: payload() }))).toBe(
        false,
      );
      expect(await isAccepted(tokens, hashedWith(secret, { header, payload: payload() }))).toBe(false);
    }
  });

  it.each([
    ['another kid', { ...header, kid: 'ed-2' }],
    ['the kid of another key in the ring', { ...header, kid: 'ec-1' }],
    ['a kid that is a path', { ...header, kid: '../../dev/null' }],
    ['a kid that is SQL', { ...header, kid: "x' OR '1'='1" }],
    ['a kid of 10 kB', { ...header, kid: 'k'.repeat(10_240) }],
    ['no kid', { alg: 'Ed25519', typ: 'at+jwt' }],
    ['typ JWT', { ...header, typ: 'JWT' }],
    ['typ in capitals', { ...header, typ: 'AT+JWT' }],
    ['the long form of typ', { ...header, typ: 'application/at+jwt' }],
    ['the typ of a logout token', { ...header, typ: 'logout+jwt' }],
    ['the typ of a DPoP proof', { ...header, typ: 'dpop+jwt' }],
    ['no typ', { alg: 'Ed25519', kid: 'ed-1' }],
    ['the old name of the algorithm', { ...header, alg: 'EdDSA' }],
    ['the algorithm in capitals', { ...header, alg: 'ED25519' }],
    ['jku', { ...header, jku: 'https://evil.example/jwks.json' }],
    ['jwk', { ...header, jwk: { kty: 'OKP', crv: 'Ed25519', x: ed.x } }],
    ['x5u', { ...header, x5u: 'https://evil.example/cert.pem' }],
    ['crit', { ...header, crit: ['exp'] }],
    ['b64', { ...header, b64: false, crit: ['b64'] }],
    ['an unknown member', { ...header, extra: 1 }],
    ['its members in another order', { typ: 'at+jwt', alg: 'Ed25519', kid: 'ed-1' }],
    ['white space', '{"alg":"Ed25519", "typ":"at+jwt","kid":"ed-1"}'],
    ['a duplicate member', '{"alg":"Ed25519","typ":"at+jwt","kid":"ed-1","kid":"ed-1"}'],
    ['an escape', '{"alg":"Ed25519","typ":"at\\u002bjwt","kid":"ed-1"}'],
    ['a byte order mark', '\ufeff{"alg":"Ed25519","typ":"at+jwt","kid":"ed-1"}'],
    ['no object', '"Ed25519"'],
    ['nothing', ''],
  ])('a header with %s, although the signature is genuine', async (_, forgedHeader) => {
    expect(await isAccepted(tokens, signedBy(ed, { header: forgedHeader, payload: payload() }))).toBe(false);
  });

  it('a token of another key that calls itself by our kid', async () => {
    expect(await isAccepted(tokens, signedBy(ed25519Key('ed-1'), { header, payload: payload() }))).toBe(false);
  });

  it('an ES256 token under a ring of Ed25519 alone, even by the same kid', async () => {
    const onlyEd = await tokensOf([ed]);
    const other = p256Key('ed-1');
    expect(await isAccepted(onlyEd, signedBy(other, { header: { ...header, alg: 'ES256' }, payload: payload() }))).toBe(false);
    expect(await isAccepted(onlyEd, signedBy(other, { header, payload: payload() }))).toBe(false);
  });

  it.each([
    ['padding', (text: string) => `${text}=`],
    ['padding of the payload', (text: string) => text.replace(/\.([^.]*)\./, '.$1=.')],
    ['a trailing newline', (text: string) => `${text}\n`],
    ['a trailing space', (text: string) => `${text} `],
    ['a leading space', (text: string) => ` ${text}`],
    ['a line break within', (text: string) => `${text.slice(0, 90)}\n${text.slice(90)}`],
    ['a scheme before it', (text: string) => `Bearer ${text}`],
    ['a fourth segment', (text: string) => `${text}.`],
    ['five segments', (text: string) => `${text}.AAAA.AAAA`],
    ['no signature', (text: string) => text.slice(0, text.lastIndexOf('.') + 1)],
    ['no signature and no dot', (text: string) => text.slice(0, text.lastIndexOf('.'))],
    ['an empty payload', (text: string) => text.replace(/\.[^.]*\./, '..')],
    ['the signature twice', (text: string) => text + (text.split('.')[2] ?? '')],
    ['plain base64', (text: string) => text.replaceAll('-', '+').replaceAll('_', '/').concat('+')],
    ['dots alone', () => '..'],
    ['nothing', () => ''],
    ['10 kB of dots', () => '.'.repeat(10_240)],
    ['NUL', (text: string) => `${text}\u0000`],
  ])('a token with %s', async (_, edit) => {
    expect(await isAccepted(tokens, edit(token))).toBe(false);
  });

  it('JSON serialization, general and flattened', async () => {
    const [header_, payload_, signature] = token.split('.');
    const flattened = { protected: header_, payload: payload_, signature };
    const general = { payload: payload_, signatures: [{ protected: header_, signature }] };
    expect(await isAccepted(tokens, JSON.stringify(flattened))).toBe(false);
    expect(await isAccepted(tokens, JSON.stringify(general))).toBe(false);
  });

  it('spare bits: in each segment the last character has no other spelling', async () => {
    for (const userId of ['u', 'uu', 'uuu']) {
      const issued = (await tokens.issue({ ...record, userId }, 3, NOW)).token;
      const ends = [issued.indexOf('.') - 1, issued.lastIndexOf('.') - 1, issued.length - 1];
      const spellings = ends.flatMap((end) => ALPHABET.map((last) => issued.slice(0, end) + last + issued.slice(end + 1)));
      for (const spelling of spellings) expect(await isAccepted(tokens, spelling)).toBe(spelling === issued);
    }
  });

  it('a payload in another spelling, although the signature is genuine', async () => {
    const [header64, payload64] = token.split('.');
    expect(await isAccepted(tokens, signedAsIs(ed, `${header64}.${payload64}`))).toBe(true);
    for (const ending of ['=', '==', '\n', ' ', '.']) {
      expect(await isAccepted(tokens, signedAsIs(ed, `${header64}.${payload64}${ending}`))).toBe(false);
    }
  });

  it('any single character changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...ALPHABET, '.', '=', ' '), async (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(await isAccepted(tokens, changed)).toBe(changed === token);
      }),
      { numRuns: 300 },
    );
  });
});

describe('of a genuine signature, only an access token of ours is accepted', () => {
  const header = { alg: 'Ed25519', typ: 'at+jwt', kid: 'ed-1' };
  const claims = () => decoded(token.split('.')[1]);

  it.each([
    ['iss', 'https://evil.example'],
    ['iss', 'https://app.example/'],
    ['iss', 'HTTPS://APP.EXAMPLE'],
    ['iss', undefined],
    ['aud', 'https://app.example'],
    ['aud', 'https://api.example.evil.example'],
    ['aud', 'https://api.exampl'],
    ['aud', ['https://api.example']],
    ['aud', ['https://evil.example', 'https://api.example']],
    ['aud', undefined],
    ['sub', undefined],
    ['sub', 42],
    ['sub', null],
    ['sub', ['user-1']],
    ['sid', undefined],
    ['sid', 42],
    ['sid', { $ne: '' }],
    ['sid', 'not a session id'],
    ['sid', '*'],
    ['gen', undefined],
    ['gen', '3'],
    ['gen', 3.5],
    ['gen', null],
    ['exp', undefined],
    ['exp', String(SECONDS + 300)],
    ['exp', 1e308],
    ['exp', SECONDS + 0.5],
    ['exp', -1],
    ['exp', null],
    ['iat', undefined],
    ['iat', String(SECONDS)],
    ['iat', null],
    ['nbf', SECONDS + 60],
    ['nbf', String(SECONDS)],
    ['nbf', null],
    ['jti', undefined],
    ['jti', 7],
    ['client_id', undefined],
    ['client_id', 7],
    ['scope', ['orders:read']],
    ['scope', null],
  ])('not with %s %j', async (name, value) => {
    expect(await isAccepted(tokens, signedBy(ed, { header, payload: { ...claims(), [name]: value } }))).toBe(false);
  });

  it.each(['null', '[]', '"text"', '1', 'true', '{}', '', '{', 'not json', '\ufeff{}'])(
    'not with the payload %j',
    async (payload) => {
      expect(await isAccepted(tokens, signedBy(ed, { header, payload }))).toBe(false);
    },
  );

  it('yet with nbf, which this server never writes, once that time has come', async () => {
    const forged = signedBy(ed, { header, payload: { ...claims(), nbf: SECONDS + 60 } });
    expect(await isAccepted(tokens, forged, (SECONDS + 60) * 1000 - 1)).toBe(false);
    expect(await isAccepted(tokens, forged, (SECONDS + 60) * 1000)).toBe(true);
  });

  it('not when it is longer than any token of ours', async () => {
    expect(await isAccepted(tokens, signedBy(ed, { header, payload: { ...claims(), scope: 's'.repeat(8_192) } }))).toBe(false);
  });
});

describe('the time of an access token', () => {
  const end = (SECONDS + 300) * 1000;

  it('ends at exp, that moment excluded', async () => {
    expect(await isAccepted(tokens, token, end - 1)).toBe(true);
    expect(await isAccepted(tokens, token, end)).toBe(false);
  });

  it('does not begin before iat, but for the second that instances may differ', async () => {
    expect(await isAccepted(tokens, token, SECONDS * 1000 - 1_000)).toBe(true);
    expect(await isAccepted(tokens, token, SECONDS * 1000 - 1_001)).toBe(false);
  });

  it('is stretched by the clock tolerance at both edges, and no further', async () => {
    const tolerant = await tokensOf([ed], { clockTolerance: 60_000 });
    expect(await isAccepted(tolerant, token, end + 59_999)).toBe(true);
    expect(await isAccepted(tolerant, token, end + 60_000)).toBe(false);
    expect(await isAccepted(tolerant, token, SECONDS * 1000 - 61_000)).toBe(true);
    expect(await isAccepted(tolerant, token, SECONDS * 1000 - 61_001)).toBe(false);
  });

  it('is asked each time: a signature that was verified before does not let an expired token through', async () => {
    const fresh = await tokensOf([ed]);
    expect(await isAccepted(fresh, token)).toBe(true);
    expect(await isAccepted(fresh, token, end)).toBe(false);
    expect(await isAccepted(fresh, token)).toBe(true);
  });
});

describe('the memory of verified signatures', () => {
  it('verifies each token once, and once more when another key has its name', async () => {
    let verified = 0;
    const [key] = (await SigningKeys.import([ed])).all;
    if (!key) throw new Error('One key was imported.');
    const counting = () => Object.defineProperty({ ...key }, 'publicKey', { get: () => ((verified += 1), key.publicKey) });
    const keys = new SigningKeys([counting()]);
    const remembering = new AccessTokens(keys, RULES, randomBytes);
    for (let request = 0; request < 3; request += 1) expect(await isAccepted(remembering, token)).toBe(true);
    expect(verified).toBe(1);
    keys.replace([counting()]);
    for (let request = 0; request < 3; request += 1) expect(await isAccepted(remembering, token)).toBe(true);
    expect(verified).toBe(2);
  });

  it('knows the exact text alone', async () => {
    expect(await isAccepted(tokens, token)).toBe(true);
    for (const variant of [`${token}=`, `${token}\n`, ` ${token}`, token.toLowerCase(), token.slice(0, -1)]) {
      expect(await isAccepted(tokens, variant)).toBe(false);
    }
  });

  it('knows nothing by a signature alone: what it was seen under before must be the same', async () => {
    expect(await isAccepted(tokens, token)).toBe(true);
    const [header, payload, signature] = token.split('.');
    const others = Buffer.from(JSON.stringify({ ...decoded(payload), sub: 'somebody else' })).toString('base64url');
    for (const forged of [`${header}.${others}.${signature}`, `..${signature}`, `${signature}`]) {
      expect(await isAccepted(tokens, forged)).toBe(false);
    }
  });

  it('ends with the key: by one that was retired, or replaced under its name, nothing was ever signed', async () => {
    const keys = await SigningKeys.import([ed, ec]);
    const other = await SigningKeys.import([ed25519Key('ed-1')]);
    const turning = new AccessTokens(keys, RULES, randomBytes);
    const first = keys.all;
    const answers: boolean[] = [];
    for (const some of [first, first.slice(1), first, other.all, first]) {
      keys.replace(some);
      answers.push(await isAccepted(turning, token));
    }
    expect(answers).toEqual([true, false, true, false, true]);
  });

  it('is not shared: a token of one issuer or audience means nothing to another', async () => {
    for (const rules of [{ issuer: 'https://other.example' }, { audience: 'https://other.example' }]) {
      const others = await tokensOf([ed], rules);
      expect([await isAccepted(others, token), await isAccepted(others, token)]).toEqual([false, false]);
    }
  });
});

describe('when the ring turns', () => {
  it('a token signed by the second key verifies, whatever its kind', async () => {
    const old = await tokensOf([ec]);
    const issued = await old.issue(record, 0, NOW);
    expect(await isAccepted(await tokensOf([ed, ec]), issued.token)).toBe(true);
    expect(await isAccepted(await tokensOf([rsa, ed, ec]), issued.token)).toBe(true);
  });

  it('the first key signs', async () => {
    const turned = await tokensOf([ec, ed]);
    expect(decoded((await turned.issue(record, 0, NOW)).token.split('.')[0])).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: 'ec-1',
    });
  });

  it('a key that has left is not known any more', async () => {
    expect(await isAccepted(await tokensOf([ec]), token)).toBe(false);
  });
});
