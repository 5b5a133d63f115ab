/** A signing key as it is kept: its private part is sealed, and every other member vouched for by the server's own keys. */
export interface StoredSigningKey {
  /** Its place: 1 for the first, one more for each that follows. */
  readonly place: number;
  readonly kid: string;
  readonly algorithm: string;
  /** The public JWK as JSON. */
  readonly publicJwk: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** From when on it signs, until the key after it does. Milliseconds since the epoch. */
  readonly signsFrom: number;
  /** From when on it is not believed any more, whatever was planned. */
  readonly retiredAt?: number;
  /** The private JWK; absent once it has signed for the last time. */
  readonly sealed?: string;
  /** The server's word for all of the above. */
  readonly voucher: string;
}

/** Keeps the signing keys for all instances. It decides nothing, and can neither read a private key nor make one that is believed. */
export abstract class SigningKeyStore {
  /** The store's own clock: milliseconds since the epoch. @throws StoreUnavailableError */
  abstract time(): Promise<number>;

  /** Every key there ever was, by place. @throws StoreUnavailableError */
  abstract all(): Promise<readonly StoredSigningKey[]>;

  /** Adds a key in its place; `false`: another has it. @throws StoreUnavailableError */
  abstract add(key: StoredSigningKey): Promise<boolean>;

  /** Replaces the key of this place if its voucher is still `voucher`; `false`: it is another one by now. @throws StoreUnavailableError */
  abstract replace(key: StoredSigningKey, voucher: string): Promise<boolean>;

  /** Forgets the private part of a key, whatever else of it has changed meanwhile. @throws StoreUnavailableError */
  abstract erase(place: number): Promise<void>;
}
