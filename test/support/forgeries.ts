import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/** A token that must not be accepted. */
export interface Forgery {
  readonly name: string;
  readonly token: string;
}

/** What a forger has, or in the worst case has: claims and header of a token that is good now, and what they are signed with. */
export interface Workshop {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The text of that token. */
  readonly genuine: string;
  /** The private keys of the ring: for tokens that are genuine in all but one thing. */
  readonly keys: { readonly ed: JWK; readonly ec: JWK; readonly rsa: JWK };
  /** Where a server would show that it follows a URL in a token. */
  readonly trap: string;
  /** The id of a session of somebody else. */
  readonly otherSession: string;
}

type Algorithm = 'Ed25519' | 'ES256' | 'RS256';

const encoded = (content: unknown): string => base64url(typeof content === 'string' ? content : JSON.stringify(content));
const base64url = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url');

/** A signature by the algorithm's own rules, whatever the header says. */
function signature(algorithm: Algorithm, key: KeyObject, input: string): Buffer {
  if (algorithm === 'Ed25519') return sign(null, Buffer.from(input), key);
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

const privateKey = (jwk: JWK): KeyObject => createPrivateKey({ key: { ...jwk }, format: 'jwk' });

/** A compact JWS by a key of the ring. */
export function signedBy({ keys }: Pick<Workshop, 'keys'>, header: unknown, payload: unknown, by: Algorithm = 'Ed25519'): string {
  const jwk = { Ed25519: keys.ed, ES256: keys.ec, RS256: keys.rsa }[by];
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${base64url(signature(by, privateKey(jwk), input))}`;
}

/** Every forgery that we know: by algorithm, key, type, claim, structure, encoding, size. */
export function forgeries(shop: Workshop): readonly Forgery[] {
  return [
    ...algorithms(shop),
    ...confusions(shop),
    ...foreignKeys(shop),
    ...keyNames(shop),
    ...types(shop),
    ...headers(shop),
    ...claims(shop),
    ...payloads(shop),
    ...signatures(shop),
    ...structures(shop),
    ...spellings(shop),
    ...sizes(shop),
  ];
}

/** The signature is genuine, the name of its algorithm is another. */
function algorithms(shop: Workshop): readonly Forgery[] {
  const names = ['EdDSA', 'ed25519', 'ED25519', 'Ed448', 'ES256', 'ES256K', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256'];
  const none = ['none', 'None', 'nOnE', 'NONE', 'none\0', ' none', ''];
  const symmetric = ['HS256', 'HS384', 'HS512', 'dir', 'A128KW', 'PBES2-HS256+A128KW'];
  const odd = [null, 0, true, [], ['Ed25519'], {}, undefined];
  const named = [...names, ...none, ...symmetric, ...odd].map((alg) => ({
    name: `alg ${JSON.stringify(alg) ?? 'left out'} over a genuine signature`,
    token: signedBy(shop, { ...shop.header, alg }, shop.claims),
  }));
  const bare = none.flatMap((alg) => {
    const input = `${encoded({ ...shop.header, alg })}.${encoded(shop.claims)}`;
    return [
      { name: `alg ${JSON.stringify(alg)} without a signature`, token: `${input}.` },
      { name: `alg ${JSON.stringify(alg)} with the signature of another text`, token: `${input}.${shop.genuine.split('.')[2]}` },
    ];
  });
  return [...named, ...bare];
}

/** The public key, which everybody has, as the secret of a MAC. */
function confusions({ header, claims: said, keys }: Workshop): readonly Forgery[] {
  return Object.entries(keys).flatMap(([kind, jwk]) => {
    const publicKey = createPublicKey(privateKey(jwk));
    const publicJwk = publicKey.export({ format: 'jwk' });
    const secrets: Readonly<Record<string, string | Buffer>> = {
      PEM: publicKey.export({ type: 'spki', format: 'pem' }),
      'PEM without its last line break': String(publicKey.export({ type: 'spki', format: 'pem' })).trimEnd(),
      DER: publicKey.export({ type: 'spki', format: 'der' }),
      JWK: JSON.stringify(publicJwk),
      'its first member': Buffer.from(publicJwk.x ?? publicJwk.n ?? '', 'base64url'),
      'an empty text': '',
    };
    return Object.entries(secrets).flatMap(([spelling, secret]) =>
      (['HS256', 'HS512'] as const).map((alg) => {
        const input = `${encoded({ ...header, alg, kid: jwk.kid })}.${encoded(said)}`;
        const hash = alg === 'HS256' ? 'sha256' : 'sha512';
        return {
          name: `${alg} with the ${kind} public key as ${spelling}`,
          token: `${input}.${base64url(createHmac(hash, secret).update(input).digest())}`,
        };
      }),
    );
  });
}

/** Signed by a stranger, who gives his key along in every way that there is. */
function foreignKeys({ header, claims: said, keys, trap }: Workshop): readonly Forgery[] {
  const strangers = {
    Ed25519: { key: generateKeyPairSync('ed25519'), kid: keys.ed.kid },
    ES256: { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }), kid: keys.ec.kid },
    RS256: { key: generateKeyPairSync('rsa', { modulusLength: 2048 }), kid: keys.rsa.kid },
  };
  return (['Ed25519', 'ES256', 'RS256'] as const).flatMap((alg) => {
    const { key, kid } = strangers[alg];
    const jwk = key.publicKey.export({ format: 'jwk' });
    const certificate = key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const ways: Readonly<Record<string, object>> = {
      'our kid': { kid },
      'no kid': { kid: undefined },
      'a kid of its own': { kid: 'stranger' },
      jwk: { kid, jwk },
      'jwk without kid': { kid: undefined, jwk },
      jku: { kid, jku: `${trap}/jwks.json` },
      'jku without kid': { kid: 'stranger', jku: `${trap}/jwks.json` },
      x5u: { kid, x5u: `${trap}/certificate.pem` },
      x5c: { kid, x5c: [certificate] },
      'kid as a URL': { kid: `${trap}/jwks.json` },
      'jwk, jku, x5u and x5c': { kid: undefined, jwk, jku: `${trap}/j`, x5u: `${trap}/x`, x5c: [certificate] },
    };
    return Object.entries(ways).map(([way, more]) => {
      const input = `${encoded({ ...header, alg, ...more })}.${encoded(said)}`;
      return { name: `${alg} of a stranger, by ${way}`, token: `${input}.${base64url(signature(alg, key.privateKey, input))}` };
    });
  });
}

/** The signature is genuine, the name of the key is not the one that signed. */
function keyNames(shop: Workshop): readonly Forgery[] {
  const { ed, ec, rsa } = shop.keys;
  const names = [
    undefined,
    null,
    '',
    0,
    [],
    {},
    [ed.kid],
    ec.kid,
    rsa.kid,
    `${ed.kid} `,
    ed.kid?.toUpperCase(),
    '../../../../dev/null',
    "' OR '1'='1' --",
    '__proto__',
    'constructor',
    'k\u0000id',
    '\ud83d\udd11',
    '*',
    'k'.repeat(3_000),
  ];
  return names.map((kid) => ({
    name: `kid ${(JSON.stringify(kid) ?? 'left out').slice(0, 40)} over a genuine signature`,
    token: signedBy(shop, { ...shop.header, kid }, shop.claims),
  }));
}

/** A token of another kind, by the same key (RFC 8725 §3.11). */
function types(shop: Workshop): readonly Forgery[] {
  const kinds = [
    undefined,
    null,
    '',
    'JWT',
    'jwt',
    'AT+JWT',
    'at+JWT',
    'application/at+jwt',
    'at+jwt ',
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'refresh+jwt',
    'dbsc+jwt',
    'JOSE',
    ['at+jwt'],
    1,
  ];
  return kinds.map((typ) => ({
    name: `typ ${JSON.stringify(typ) ?? 'left out'}`,
    token: signedBy(shop, { ...shop.header, typ }, shop.claims),
  }));
}

/** A genuine signature over a header that says more, or says it in another way. */
function headers(shop: Workshop): readonly Forgery[] {
  const { header, claims: said, trap } = shop;
  const more: readonly object[] = [
    { crit: ['exp'], exp: 1 },
    { crit: ['x'], x: 1 },
    { crit: [] },
    { crit: 'b64' },
    { b64: false, crit: ['b64'] },
    { b64: true },
    { cty: 'JWT' },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
    { p2c: 2_000_000_000, p2s: 'AAAA' },
    { jku: `${trap}/signed.json` },
    { x5u: `${trap}/signed.pem` },
    { iss: said['iss'] },
    { nonce: 'n' },
    { '': 1 },
  ];
  const { alg, typ, kid } = header;
  const texts: Readonly<Record<string, string>> = {
    'members in another order': JSON.stringify({ kid, typ, alg }),
    'white space in it': `{ "alg": "${String(alg)}", "typ": "${String(typ)}", "kid": "${String(kid)}" }`,
    'alg twice': `{"alg":"none",${JSON.stringify(header).slice(1)}`,
    'alg twice, the other way': `${JSON.stringify(header).slice(0, -1)},"alg":"none"}`,
    'a byte order mark': `\ufeff${JSON.stringify(header)}`,
    'escaped letters': JSON.stringify(header).replace('at+jwt', '\\u0061t+jwt'),
    'a list around it': `[${JSON.stringify(header)}]`,
    'no JSON': 'alg=none',
    'deep nesting': `${'['.repeat(1_000)}${']'.repeat(1_000)}`,
    'nothing in it': '{}',
    null: 'null',
  };
  return [
    ...more.map((extra) => ({
      name: `a header with ${JSON.stringify(extra)}`,
      token: signedBy(shop, { ...header, ...extra }, said),
    })),
    ...Object.entries(texts).map(([what, text]) => ({ name: `a header with ${what}`, token: signedBy(shop, text, said) })),
  ];
}

/** A genuine signature over claims that are not ours to accept. */
function claims(shop: Workshop): readonly Forgery[] {
  const { claims: said, otherSession } = shop;
  const issuer = String(said['iss']);
  const now = Number(said['iat']);
  const times = [undefined, null, true, [], {}, 'soon', String(said['exp']), 1e308, 2 ** 53, now + 0.5];
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    exp: [...times, now - 1, 0, -1],
    iat: [...times, now + 3_600],
    nbf: [null, 'soon', true, [], 1e308, now + 3_600],
    iss: [undefined, null, '', `${issuer}/`, issuer.toUpperCase(), `${issuer}.evil.example`, 'https://evil.example', [issuer]],
    aud: [undefined, null, '', 'https://evil.example', `${String(said['aud'])}/`, [], ['https://evil.example'], {}],
    sub: [undefined, null, '', 'nobody', 1, [], {}, [said['sub']], '__proto__'],
    sid: [undefined, null, '', 1, [], {}, '*', '__proto__', '../x', `${String(said['sid'])} `, 's'.repeat(2_000), otherSession],
    gen: [undefined, null, '0', 0.5, 1e308, true, []],
    jti: [undefined, null, 1, {}],
    client_id: [undefined, null, 1, ['mobile']],
    scope: [null, 1, ['admin'], {}],
  };
  return Object.entries(wrong).flatMap(([claim, values]) =>
    values.map((value) => ({
      name: `${claim} ${(JSON.stringify(value) ?? 'left out').slice(0, 60)}`,
      token: signedBy(shop, shop.header, { ...said, [claim]: value }),
    })),
  );
}

/** A genuine signature over what is no set of claims. */
function payloads(shop: Workshop): readonly Forgery[] {
  const said = JSON.stringify(shop.claims);
  const texts: Readonly<Record<string, string>> = {
    nothing: '',
    null: 'null',
    'a number': '1',
    'a text': JSON.stringify(said),
    'an empty object': '{}',
    'a list': `[${said}]`,
    'no JSON': 'sub=ada',
    'something after it': `${said}x`,
    'half of it': said.slice(0, said.length / 2),
    NaN: said.replace(/"exp":\d+/, '"exp":NaN'),
    'exp twice, the second one past': `${said.slice(0, -1)},"exp":1}`,
    'a token of ours': shop.genuine,
    'deep nesting': `${'['.repeat(1_000)}${']'.repeat(1_000)}`,
  };
  return Object.entries(texts).map(([what, text]) => ({
    name: `a payload of ${what}`,
    token: signedBy(shop, shop.header, text),
  }));
}

/** Signatures that some verifier once took. */
function signatures(shop: Workshop): readonly Forgery[] {
  const [header = '', payload = '', genuine = ''] = shop.genuine.split('.');
  const bytes = Buffer.from(genuine, 'base64url');
  const forEd: Readonly<Record<string, Buffer>> = {
    empty: Buffer.alloc(0),
    'all zeros': Buffer.alloc(64),
    'the neutral point and zero': Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]),
    'one byte short': bytes.subarray(0, 63),
    'one byte more': Buffer.concat([bytes, Buffer.alloc(1)]),
    'twice itself': Buffer.concat([bytes, bytes]),
    'its halves exchanged': Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]),
    'a bit flipped': Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))),
    'S plus the order of the group': Buffer.concat([bytes.subarray(0, 32), plusOrder(bytes.subarray(32))]),
  };
  const ecHeader = { ...shop.header, alg: 'ES256', kid: shop.keys.ec.kid };
  const ecInput = `${encoded(ecHeader)}.${payload}`;
  const ecKey = privateKey(shop.keys.ec);
  const ec = highS(signature('ES256', ecKey, ecInput));
  const forEc: Readonly<Record<string, Buffer>> = {
    'all zeros': Buffer.alloc(64),
    'r and s one': Buffer.from(`${'00'.repeat(31)}01`.repeat(2), 'hex'),
    'r and s the order of the group': Buffer.from(P256_ORDER.toString(16).padStart(64, '0').repeat(2), 'hex'),
    'the other s that verifies': ec,
    'in DER': sign('sha256', Buffer.from(ecInput), ecKey),
    'by SHA-512': sign('sha512', Buffer.from(ecInput), { key: ecKey, dsaEncoding: 'ieee-p1363' }),
  };
  const rsaInput = `${encoded({ ...shop.header, alg: 'RS256', kid: shop.keys.rsa.kid })}.${payload}`;
  const rsaKey = privateKey(shop.keys.rsa);
  const forRsa: Readonly<Record<string, Buffer>> = {
    'all zeros': Buffer.alloc(384),
    one: Buffer.concat([Buffer.alloc(383), Buffer.from([1])]),
    'by PSS': sign('sha256', Buffer.from(rsaInput), { key: rsaKey, padding: 6, saltLength: 32 }),
    'by SHA-1': sign('sha1', Buffer.from(rsaInput), rsaKey),
    'one zero before it': Buffer.concat([Buffer.alloc(1), sign('sha256', Buffer.from(rsaInput), rsaKey)]),
  };
  return [
    ...Object.entries(forEd).map(([what, text]) => ({
      name: `an Ed25519 signature: ${what}`,
      token: `${header}.${payload}.${base64url(text)}`,
    })),
    ...Object.entries(forEc).map(([what, text]) => ({
      name: `an ES256 signature: ${what}`,
      token: `${ecInput}.${base64url(text)}`,
    })),
    ...Object.entries(forRsa).map(([what, text]) => ({
      name: `an RS256 signature: ${what}`,
      token: `${rsaInput}.${base64url(text)}`,
    })),
  ];
}

/** Texts of another shape than three segments. */
function structures({ genuine }: Workshop): readonly Forgery[] {
  const [header = '', payload = '', proof = ''] = genuine.split('.');
  const flattened = { protected: header, payload, signature: proof };
  const texts: Readonly<Record<string, string>> = {
    'a dot': '.',
    'two dots': '..',
    'three dots': '...',
    'the header alone': header,
    'no signature and no dot for it': `${header}.${payload}`,
    'an empty signature': `${header}.${payload}.`,
    'an empty payload': `${header}..${proof}`,
    'an empty header': `.${payload}.${proof}`,
    'a fourth segment': `${genuine}.`,
    'a fourth segment with something in it': `${genuine}.${proof}`,
    'five segments, as an encrypted token has': `${header}.${payload}.${proof}.${payload}.${proof}`,
    'segments exchanged': `${payload}.${header}.${proof}`,
    'the token twice': `${genuine}${genuine}`,
    'the token twice, with a comma': `${genuine},${genuine}`,
    'the token twice, with a space': `${genuine} ${genuine}`,
    'JSON, flattened': JSON.stringify(flattened),
    'JSON, general': JSON.stringify({ payload, signatures: [{ protected: header, signature: proof }] }),
    quotes: `"${genuine}"`,
    'a scheme before it': `Bearer ${genuine}`,
    'a name before it': `access_token=${genuine}`,
  };
  return Object.entries(texts).map(([what, token]) => ({ name: `structure: ${what}`, token }));
}

/** The same bytes, or nearly, in another spelling. */
function spellings({ genuine }: Workshop): readonly Forgery[] {
  const [header = '', payload = '', proof = ''] = genuine.split('.');
  const segments = [header, payload, proof];
  const edits: Readonly<Record<string, (segment: string) => string>> = {
    'a padding sign': (text) => `${text}=`,
    'two padding signs': (text) => `${text}==`,
    'a letter more': (text) => `${text}A`,
    'a letter less': (text) => text.slice(0, -1),
    'a star in it': (text) => `${text.slice(0, 4)}*${text.slice(4)}`,
    'a percent sign in it': (text) => `${text.slice(0, 4)}%41${text.slice(5)}`,
    'a space in it': (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
    'a tab in it': (text) => `${text.slice(0, 4)}\t${text.slice(4)}`,
    'spare bits set': (text) => text.slice(0, -1) + nextLetter(text.slice(-1)),
    'the case of a letter changed': (text) => text.replace(/[a-z]/, (letter) => letter.toUpperCase()),
  };
  const bySegment = Object.entries(edits).flatMap(([what, edit]) =>
    segments.map((_, at) => ({
      name: `spelling: ${what}, segment ${at + 1}`,
      token: segments.map((segment, place) => (place === at ? edit(segment) : segment)).join('.'),
    })),
  );
  const whole: Readonly<Record<string, string>> = {
    'a line break after it': `${genuine}\n`,
    'a line break before it': `\n${genuine}`,
    'a NUL after it': `${genuine}\0`,
    'dots as %2E': genuine.replaceAll('.', '%2E'),
    'dots of full width': genuine.replaceAll('.', '\uff0e'),
    'all in capitals': genuine.toUpperCase(),
    backwards: genuine.split('').reverse().join(''),
    'base64 of it': base64url(genuine),
    'in UTF-16': Buffer.from(genuine, 'utf16le').toString('latin1'),
  };
  return [...bySegment, ...Object.entries(whole).map(([what, token]) => ({ name: `spelling: ${what}`, token }))];
}

function sizes(shop: Workshop): readonly Forgery[] {
  const padded = (length: number) => signedBy(shop, shop.header, { ...shop.claims, padding: 'x'.repeat(length) });
  return [
    { name: 'size: a genuine token longer than any of ours', token: padded(8_000) },
    { name: 'size: one letter', token: 'a' },
    { name: 'size: 7,000 dots', token: '.'.repeat(7_000) },
    { name: 'size: 8,000 letters', token: 'a'.repeat(8_000) },
    { name: 'size: a header of 5,000', token: signedBy(shop, { ...shop.header, x: 'x'.repeat(5_000) }, shop.claims) },
  ];
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The s of an ES256 signature that is not the low one: it verifies as well. */
function highS(proof: Buffer): Buffer {
  const s = BigInt(`0x${proof.subarray(32).toString('hex')}`);
  const high = s > P256_ORDER / 2n ? s : P256_ORDER - s;
  return Buffer.concat([proof.subarray(0, 32), Buffer.from(high.toString(16).padStart(64, '0'), 'hex')]);
}

/** S + L, little endian: a verifier that does not reduce takes it (RFC 8032 §5.1.7). */
function plusOrder(s: Uint8Array): Buffer {
  const sum = BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`) + ED25519_ORDER;
  return Buffer.from(sum.toString(16).padStart(64, '0').slice(-64), 'hex').reverse();
}

/** The letter with the same high bits: where spare bits are ignored it means the same. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters.charAt(letters.indexOf(letter) ^ 1);
}
