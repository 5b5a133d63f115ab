/**
 * How old the copy of a record may be that answers a request (design §7): `strict` asks the store each time; `within` accepts a
 * copy until that many milliseconds after **its own read was sent**, which bounds a revocation whatever the network does.
 */
export type Revocation = 'strict' | { readonly within: number };

/** The bound in milliseconds; 0 is strict. */
export function boundOf(revocation: Revocation): number {
  return revocation === 'strict' ? 0 : revocation.within;
}
