import type { AdapterName } from '../support/host-app.js';

/** Where the application of this matrix is, and whom it trusts. */
export const OWN = 'https://app.example';
export const PARTNER = 'https://partner.example';

/** What a header says of where a request comes from. Stated by hand, value by value: nothing here asks the code under test. */
type Says = 'ours' | 'foreign' | 'nothing';

/** The lines of one header, and what they say together. */
type Said = readonly [lines: readonly string[], says: Says];

const ORIGINS: readonly Said[] = [
  [[], 'nothing'],
  [[OWN], 'ours'],
  [[PARTNER], 'ours'],
  [['https://evil.example'], 'foreign'],
  [['null'], 'foreign'],
  [[''], 'foreign'],
  [['http://app.example'], 'foreign'],
  [['https://app.example:8443'], 'foreign'],
  [['https://app.example:443'], 'foreign'], // browsers leave the default port out
  [['https://APP.example'], 'foreign'], // and write hosts in lower case
  [['https://app.example.'], 'foreign'],
  [['https://app.example/'], 'foreign'],
  [['https://app.example.evil.com'], 'foreign'],
  [['https://sub.app.example'], 'foreign'],
  [['https://evil-app.example'], 'foreign'],
  [[OWN, 'https://evil.example'], 'foreign'],
  [['https://evil.example', OWN], 'foreign'],
  [[OWN, OWN], 'foreign'],
];

const SITES: readonly Said[] = [
  [[], 'nothing'],
  [['same-origin'], 'ours'],
  [['none'], 'ours'],
  [['same-site'], 'foreign'],
  [['cross-site'], 'foreign'],
  [['something-new'], 'nothing'],
  [['Same-Origin'], 'nothing'],
  [['same-origin', 'cross-site'], 'nothing'],
];

/** A `Referer` never says "ours". Node reads the first of several. */
const REFERERS: readonly Said[] = [
  [[], 'nothing'],
  [[''], 'nothing'],
  [[`${OWN}/settings?of=mine`], 'nothing'],
  [[`${PARTNER}/`], 'nothing'],
  [['https://evil.example/https://app.example/'], 'foreign'],
  [['https://app.example.evil.com/'], 'foreign'],
  [['https://app.example@evil.example/'], 'foreign'],
  [['no address'], 'foreign'],
];

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/** What pretends that the method is another one. `%` stands for it. */
const OVERRIDES: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'X-HTTP-Method-Override': '%' },
  { 'X-HTTP-Method': '%', 'X-Method-Override': '%' },
];

type BodyKind = 'none' | 'json' | 'form' | 'multipart';

/** How a body travels. `unread`: the adapters whose own parser refuses it (415), before anything of ours is asked. */
export interface Content {
  readonly type: string | undefined;
  readonly kind: BodyKind;
  readonly isForm?: true;
  readonly isJson?: true;
  readonly unread?: readonly AdapterName[];
}

const CONTENTS: readonly Content[] = [
  { type: undefined, kind: 'none' },
  { type: 'application/json', kind: 'json', isJson: true },
  { type: 'Application/JSON ; charset=utf-8', kind: 'json', isJson: true },
  { type: 'application/x-www-form-urlencoded', kind: 'form', isForm: true },
  { type: 'application/x-www-form-urlencoded; charset=utf-8', kind: 'form', isForm: true },
  { type: 'text/plain', kind: 'form' },
  { type: 'text/plain; application/json', kind: 'json' },
  { type: 'text/plain;charset=UTF-8', kind: 'json' },
  { type: 'multipart/form-data; boundary=x', kind: 'multipart', unread: ['fastify'] },
  { type: undefined, kind: 'form', unread: ['fastify'] },
];

/** The tokens at hand: of the session and its newest secret; of its secret before the last re-authentication; of another session. */
export interface Tokens {
  readonly right: string;
  readonly older: string;
  readonly others: string;
}

type Token = keyof Tokens | 'empty';

/** Where a request carries which tokens. */
export interface Carried {
  readonly header?: readonly Token[];
  readonly field?: readonly Token[];
  readonly query?: Token;
  readonly cookie?: Token;
}

const CARRIED: readonly Carried[] = [
  {}, // the cookie of the session alone
  { header: ['right'] },
  { header: ['older'] },
  { header: ['others'] },
  { header: ['empty'] },
  { header: ['right', 'right'] },
  { field: ['right'] },
  { field: ['older'] },
  { field: ['others'] },
  { field: ['right', 'right'] },
  { header: ['others'], field: ['right'] },
  { header: ['right'], field: ['others'] },
  { query: 'right' },
  { cookie: 'right' },
  { query: 'right', cookie: 'right', header: ['older'] },
];

/** One request of the matrix. */
export interface Case {
  readonly origin: Said;
  readonly site: Said;
  readonly referer: Said;
  readonly method: Method;
  readonly override: Readonly<Record<string, string>>;
  readonly content: Content;
  readonly carried: Carried;
}

/** What must become of a request. */
export type Verdict = 'read' | 'passes' | 'origin_refused' | 'csrf_refused' | 'unread';

/** The rules, with nothing of the code under test: for an unsafe request with the cookie. */
export function verdictOf(one: Case, adapter: AdapterName): Verdict {
  const { method, content, carried } = one;
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 'read';
  if (content.unread?.includes(adapter)) return 'unread';
  const from = saidOf(one);
  if (from === 'foreign') return 'origin_refused';
  if (carried.header) return only(carried.header, 'right') ? 'passes' : 'csrf_refused';
  const byField = from === 'ours' && content.isForm && carried.field && only(carried.field, 'right');
  return byField ? 'passes' : 'csrf_refused';
}

/** The rules for a request that needs no token: a login, or a route with `@CsrfExempt()`. */
export function verdictWithoutToken(one: Case, adapter: AdapterName): Verdict {
  if (one.content.unread?.includes(adapter)) return 'unread';
  const from = saidOf(one);
  return from === 'ours' || (from === 'nothing' && one.content.isJson) ? 'passes' : 'origin_refused';
}

/** The first header that says anything decides. */
function saidOf({ origin, site, referer }: Case): Says {
  return [origin, site, referer].map(([, says]) => says).find((says) => says !== 'nothing') ?? 'nothing';
}

function only(tokens: readonly Token[], wanted: Token): boolean {
  return tokens.length === 1 && tokens[0] === wanted;
}

const PLAIN: Case = {
  origin: [[], 'nothing'],
  site: [[], 'nothing'],
  referer: [[], 'nothing'],
  method: 'POST',
  override: {},
  content: { type: 'application/json', kind: 'json', isJson: true },
  carried: { header: ['right'] },
};

/** Every combination of the three headers that say where a request comes from. */
export function everyOrigin(): Case[] {
  const pairs = ORIGINS.flatMap((origin) => SITES.map((site) => ({ ...PLAIN, origin, site })));
  return pairs.flatMap((one) => REFERERS.map((referer) => ({ ...one, referer })));
}

/** Every combination of content type and token for two unsafe methods: from one of our pages, from another site's, from nowhere. */
export function everyToken(): Case[] {
  const froms: readonly Partial<Case>[] = [{ origin: [[OWN], 'ours'] }, { site: [['cross-site'], 'foreign'] }, {}];
  const plain = froms.flatMap((from) => (['POST', 'DELETE'] as const).map((method) => ({ ...PLAIN, ...from, method })));
  return plain.flatMap((one) => CONTENTS.flatMap((content) => CARRIED.map((carried) => ({ ...one, content, carried }))));
}

/** Every value of the three headers, each with every value of another, by every content type that a login reads. */
export function everyLogin(): Case[] {
  const one = { ...PLAIN, carried: {} };
  const pairs = [
    ...ORIGINS.flatMap((origin) => SITES.map((site) => ({ ...one, origin, site }))),
    ...SITES.flatMap((site) => REFERERS.map((referer) => ({ ...one, site, referer }))),
  ];
  const read = CONTENTS.filter(({ isJson, isForm }) => isJson || isForm);
  return pairs.flatMap((pair) => read.map((content) => ({ ...pair, content })));
}

/** So many requests out of the whole matrix, the same ones each time for a seed. */
export function drawn(count: number, seed: number): Case[] {
  let state = seed;
  const pick = <T>(values: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator: its high bits are good enough
    const value = values[Math.floor((state / 2 ** 32) * values.length)];
    if (value === undefined) throw new Error('There is nothing to pick from.');
    return value;
  };
  // Few values are ours, so every second pick is among the first of them: or nearly all would be refused for the same reason.
  const often = <T>(values: readonly T[], first: number): T => pick(pick([values, values.slice(0, first)]));
  return Array.from({ length: count }, () => ({
    origin: often(ORIGINS, 3),
    site: often(SITES, 3),
    referer: often(REFERERS, 4),
    method: pick(METHODS),
    override: pick(OVERRIDES),
    content: often(CONTENTS, 5),
    carried: pick(CARRIED),
  }));
}
