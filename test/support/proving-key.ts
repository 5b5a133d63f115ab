import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What an honest proof is about. */
export interface ProofSubject {
  readonly method: string;
  readonly url: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
  readonly accessToken?: string | undefined;
  readonly nonce?: string | undefined;
}

/** What is to be wrong with a proof. A member that is `undefined` is left out. */
export interface ProofChange {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whose signature it is to bear. */
  readonly signedBy?: ProvingKey;
}

type Jwk = Readonly<Record<string, string>>;

/** A key that makes DPoP proofs, good ones and every other kind, with nothing but `node:crypto`. */
export class ProvingKey {
  readonly jwk: Jwk;
  readonly privateJwk: Jwk;
  /** RFC 7638. */
  readonly thumbprint: string;

  private constructor(
    readonly algorithm: 'ES256' | 'Ed25519' | 'EdDSA',
    private readonly key: KeyObject,
  ) {
    this.privateJwk = JSON.parse(JSON.stringify(key.export({ format: 'jwk' }))) as Jwk;
    const { d: _, ...jwk } = this.privateJwk;
    this.jwk = jwk;
    const members = Object.keys(jwk).sort();
    this.thumbprint = hash(JSON.stringify(jwk, members));
  }

  static make(algorithm: ProvingKey['algorithm'] = 'ES256'): ProvingKey {
    const { privateKey } =
      algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    return new ProvingKey(algorithm, privateKey);
  }

  /** A proof for one request, with a `jti` of its own. */
  prove(subject: ProofSubject, { header, claims, signedBy = this }: ProofChange = {}): string {
    const { method, url, now, accessToken, nonce } = subject;
    const [htu] = url.split(/[?#]/);
    const head = { typ: 'dpop+jwt', alg: this.algorithm, jwk: this.jwk, ...header };
    const jti = randomBytes(16).toString('base64url');
    const ath = accessToken === undefined ? undefined : hash(accessToken);
    const said = { jti, htm: method, htu, iat: Math.floor(now / 1000), ath, nonce, ...claims };
    const input = `${encoded(head)}.${encoded(said)}`;
    return `${input}.${signedBy.signature(input)}`;
  }

  private signature(input: string): string {
    const hashName = this.algorithm === 'ES256' ? 'sha256' : null;
    return sign(hashName, Buffer.from(input), { key: this.key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
