/** What a DPoP proof is about (RFC 9449 §4.2). */
export interface ProofSubject {
  /** As it is sent. */
  readonly method: string;
  /** Query and fragment are left out of the proof. */
  readonly url: URL;
  /** The token that the proof goes with; none at the login and at a refresh. */
  readonly accessToken?: string | undefined;
  /** What the server gave in `DPoP-Nonce`, once it did. */
  readonly nonce?: string | undefined;
}

/**
 * Holds a private key and proves that it does. `DpopKey` from `nestjs-hybrid-session-client/dpop` does it with WebCrypto; a native
 * application may do it with the key store of the device. Whoever stores tokens must store the key as long: tokens are good with it
 * alone.
 */
export interface DpopProver {
  /** A new proof, a JWT with `typ: dpop+jwt`, for one request. */
  prove(subject: ProofSubject): Promise<string>;
}

/** Proofs for one kind of endpoint, with the nonce that the server gave last (RFC 9449 §8 and §9 keep the two kinds apart). */
export class Proofs {
  private nonce: string | undefined;

  constructor(private readonly prover: DpopProver | Promise<DpopProver>) {
    // told to whoever asks for the first proof; until then nobody is there to hear it
    if ('then' in prover) prover.catch(() => undefined);
  }

  async headers(method: string, url: URL, accessToken?: string): Promise<Record<string, string>> {
    const prover = await this.prover;
    return { DPoP: await prover.prove({ method, url, accessToken, nonce: this.nonce }) };
  }

  /** Remembers the nonce of an answer. @returns whether it brought one */
  heard(headers: Headers): boolean {
    const nonce = headers.get('dpop-nonce');
    if (nonce === null) return false;
    this.nonce = nonce;
    return true;
  }
}
