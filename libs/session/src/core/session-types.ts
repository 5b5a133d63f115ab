import type { Json } from './json.js';

/**
 * What the users and sessions of the host hold: empty, until the host says so, once, in any module of its own:
 *
 * ```ts
 * declare module 'nestjs-hybrid-session' {
 *   interface SessionTypes {
 *     role: 'admin' | 'clerk';
 *     claims: { plan: 'free' | 'pro'; seats?: number };
 *     data: { cart: readonly string[] };
 *   }
 * }
 * ```
 *
 * Each of the three may be left out. The compiler then holds `Accounts`, `SessionService.open` and `setPrincipal` to it, by which these
 * values come in, and everything that gives them out. Nobody looks at run time: a session that an older release opened holds what that
 * release gave it, so what is added later is declared optional, and a service that only verifies tokens declares no claims: it is told none. What
 * JSON does not carry, such as a `Date`, cannot be given.
 */
export interface SessionTypes {}

/** The names of roles. Default: any. */
export type Role = SessionTypes extends { role: infer R extends string } ? R : string;

/** The further claims of a user: those that the host declares, or any, or none. */
export type PrincipalClaims = SessionTypes extends { claims: infer C }
  ? { readonly claims: JsonOf<C> }
  : { readonly claims?: { readonly [claim: string]: Json } };

/** Application data of a session: a JSON object. A session begins with none, so that nothing that is declared is there for certain. */
export type SessionData = SessionTypes extends { data: infer D } ? Partial<JsonOf<D>> : { readonly [key: string]: Json };

/** A type as it comes back from a seal: frozen, and through JSON. */
type JsonOf<T> = T extends null | boolean | number | string
  ? T
  : T extends bigint | symbol | undefined | ((...args: never) => unknown)
    ? never
    : { readonly [K in keyof T]: JsonOf<T[K]> };
