import type { DpopProver, ProofSubject } from '../dpop-prover.js';

/** A P-256 key pair of WebCrypto, made for `sign` and `verify` with ECDSA. */
export interface DpopKeyPair {
  readonly privateKey: PlatformKey;
  readonly publicKey: PlatformKey;
}

type PlatformKey = Parameters<typeof crypto.subtle.sign>[1];

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const JTI_BYTES = 16; // RFC 9449 §4.2 wants 96 bits

/** A DPoP key (RFC 9449, ES256) of WebCrypto. Its private half cannot be read, not even by a script that runs in the page. */
export class DpopKey implements DpopProver {
  private constructor(
    private readonly privateKey: PlatformKey,
    private readonly header: string,
  ) {}

  /** Makes a new key, which lasts as long as the page or the process. */
  static async generate(): Promise<DpopKey> {
    return DpopKey.of(await DpopKey.generatePair());
  }

  /** Makes a pair to keep: in a page in IndexedDB, which stores it without ever showing it. */
  static async generatePair(): Promise<DpopKeyPair> {
    return crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  }

  /** Takes a pair that was kept. */
  static async of({ privateKey, publicKey }: DpopKeyPair): Promise<DpopKey> {
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    return new DpopKey(privateKey, encodeJson({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }));
  }

  async prove({ method, url, accessToken, nonce }: ProofSubject): Promise<string> {
    const claims = {
      jti: encode(crypto.getRandomValues(new Uint8Array(JTI_BYTES))),
      htm: method,
      htu: url.origin + url.pathname,
      iat: Math.floor(Date.now() / 1000),
      ...(accessToken === undefined ? {} : { ath: encode(await sha256(accessToken)) }),
      ...(nonce === undefined ? {} : { nonce }),
    };
    const signed = `${this.header}.${encodeJson(claims)}`;
    const signature = await crypto.subtle.sign(SIGNING, this.privateKey, new TextEncoder().encode(signed));
    return `${signed}.${encode(new Uint8Array(signature))}`;
  }
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

function encodeJson(value: object): string {
  return encode(new TextEncoder().encode(JSON.stringify(value)));
}

/** base64url (RFC 7515 §2). */
function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
