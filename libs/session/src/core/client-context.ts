/** What a request tells of the client that sent it. Detection, never proof: both can be forged and both change honestly. */
export interface ClientContext {
  /** The client's address as the host application trusts it. */
  readonly address: string;
  readonly userAgent: string;
}
