import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANONYMOUS_LIMITS, days, hours, LOGIN_LIMITS, minutes, resolveOptions, seconds } from 'nestjs-hybrid-session';
import { loadConfig } from '../src/config/load-config.js';
import { textOfDocument } from './support/documented-code.js';
import { declaredOptions, optionTypes, type DeclaredOption } from './support/declared-options.js';

/** A line of a table: the option, and the cell that says its default. */
interface Row {
  readonly path: string;
  readonly fallback: string;
}

const PAGE = 'docs/options.md';
const MARK = /<!-- (options: (\S+) ([\w ]+)|environment) -->\n(.*?)(?=<!-- |$(?![\s\S]))/gs;

const rowsIn = (table: string): Row[] =>
  [...table.matchAll(/^\| `([^`]+)` +\| (.*?) +\|/gm)].map(([, path = '', fallback = '']) => ({ path, fallback }));

/** The value that a cell says; `undefined` where it says it in words. */
function valueOf({ fallback }: Row): unknown {
  const [, code] = /^`([^`]+)`$/.exec(fallback) ?? [];
  if (code === undefined) return undefined;
  const [, unit = '', amount = ''] = /^(seconds|minutes|hours|days)\((\d+)\)$/.exec(code) ?? [];
  const make = new Map([seconds, minutes, hours, days].map((one) => [one.name, one])).get(unit);
  return make ? make(Number(amount)) : (JSON.parse(code.replaceAll("'", '"').replace(/(\d)_(\d)/g, '$1$2')) as unknown);
}

/** What is wrong with the tables of a page, against the types that each names. */
function differences(page: string): string[] {
  return [...page.matchAll(MARK)].flatMap(([, , entry, names, table = '']) => {
    if (!entry || !names) return [];
    const rows = rowsIn(table);
    const declared = declaredOptions(entry, names.trim().split(' '));
    const [written, there] = [new Set(rows.map(({ path }) => path)), new Set(declared.map(({ path }) => path))];
    return [
      ...[...there].filter((path) => !written.has(path)).map((path) => `${names}: ${path} is not on the page`),
      ...[...written].filter((path) => !there.has(path)).map((path) => `${names}: ${path} is in no type`),
      ...rows.flatMap((row) => declared.filter(({ path }) => path === row.path).flatMap((one) => disagreement(row, one))),
    ];
  });
}

const UNITS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Where the comment of an option names a value as its default, the page has the same. */
function disagreement(row: Row, { path, comment }: DeclaredOption): string[] {
  const [, text = ''] = /Default:? (`[^`]+`|[\d,]+ ?\w*|true|false|a minute)/.exec(comment) ?? [];
  const [, amount = '', unit = ''] = /^([\d,]+|a) ?(?:(second|minute|hour|day)s?)?/.exec(text) ?? [];
  const plain = text.replaceAll('`', '').replaceAll("'", '');
  const number = amount === 'a' ? 1 : Number(amount.replace(',', ''));
  const meant: unknown =
    text === '' || /^`(publicUrl|signingKeys|telemetry|\[|\{|SESSION)/.test(text)
      ? undefined
      : amount
        ? number * (UNITS[unit] ?? 1)
        : /^(true|false)$/.test(plain)
          ? plain === 'true'
          : plain;
  if (meant === undefined || meant === valueOf(row)) return [];
  return [`${path}: the page says ${row.fallback}, its comment ${text}`];
}

/** What the library does unless it is told otherwise, by the path of the option. */
function defaultsInForce(): ReadonlyMap<string, unknown> {
  const jwk = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'k' };
  const key = Buffer.alloc(32, 7).toString('base64url');
  const resolved = resolveOptions({ publicUrl: 'http://localhost', keys: [key], signingKeys: [jwk], production: false });
  const { lifetimes, onClientChange, clockTolerance, revocation, liveWithin, acrValues, storeLimits, dpop, cookie } = resolved;
  const { onSuspectedSharing, limit, refresh, keyRotation } = resolved;
  const { name, secure, sameSite } = cookie;
  const plain = { lifetimes, onClientChange, clockTolerance, revocation, liveWithin, acrValues, storeLimits, dpop, limit };
  return new Map(
    leavesOf({
      ...plain,
      onSuspectedSharing,
      windowFrom: refresh.windowFrom,
      keyRotation: { algorithm: keyRotation.algorithm, every: keyRotation.every },
      cookie: { name, secure, sameSite: sameSite.toLowerCase() },
      loginLimits: LOGIN_LIMITS,
      anonymous: { limits: ANONYMOUS_LIMITS },
    }),
  );
}

function leavesOf(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]): [string, unknown][] =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? leavesOf(part, `${prefix}${name}.`)
      : [[prefix + name, part]],
  );
}

describe('The page of options', () => {
  it('has each option that the types have, no other, and the default that its comment names', async () => {
    expect(differences(await textOfDocument(PAGE))).toEqual([]);
  }, 300_000);

  it('has every type of options that the packages export', async () => {
    const page = await textOfDocument(PAGE);
    const marks = [...page.matchAll(MARK)].flatMap(([, , , names = '']) => names.trim().split(' '));
    // those of a group stand in the table of the options that they belong to; the others are no configuration
    const inGroups = [
      'AnonymousOptions',
      'CookieOptions',
      'DpopOptions',
      'KeyRotationOptions',
      'SessionOptions',
      'SignalsOptions',
    ];
    const elsewhere = [
      'RedisSessionStoreOptions',
      'ResolvedOptions',
      'RevokeAllOptions',
      'StoreContractOptions',
      'ActingOptions',
    ];
    const named = new Set([...marks, ...inGroups, ...elsewhere]);
    expect(optionTypes().filter((name) => !named.has(name))).toEqual([]);
  }, 300_000);

  it('says the defaults that are in force', async () => {
    const [, , , , table = ''] = [...(await textOfDocument(PAGE)).matchAll(MARK)][0] ?? [];
    const said = new Map(rowsIn(table).map((row) => [row.path, valueOf(row)]));
    const inForce = defaultsInForce();
    expect(Object.fromEntries([...inForce.keys()].map((path) => [path, said.get(path)]))).toEqual(Object.fromEntries(inForce));
  });

  it('has each variable of .env.example and no other, with a default that changes nothing', async () => {
    const [, , , , table = ''] = [...(await textOfDocument(PAGE)).matchAll(MARK)].at(-1) ?? [];
    const rows = rowsIn(table);
    const example = await readFile(new URL('../.env.example', import.meta.url), 'utf8');
    const variables = [...example.matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(rows.map(({ path }) => path)).toEqual(variables);

    const folder = await mkdtemp(join(tmpdir(), 'nhs-options-'));
    // as the library understands it: a default that is written out is the same
    const resolved = (environment: Record<string, string>) => {
      const config = loadConfig(environment, folder);
      return JSON.stringify([{ ...Object.fromEntries(Object.entries(config)), sessions: {} }, resolveOptions(config.sessions)]);
    };
    const without = resolved({});
    const changing = rows.filter(({ path, fallback }) => {
      const [, value] = /^`([^`]+)`$/.exec(fallback) ?? [];
      return value !== undefined && resolved({ [path]: value }) !== without;
    });
    expect(changing).toEqual([]);
  });

  it('would not get away with an option that is missing, made up, or has another default', async () => {
    const page = await textOfDocument(PAGE);
    const spoilt = page
      .replace(/^\| `locate`.*\n/m, '')
      .replace('| `locate', '')
      .replace('`slotSecret`', '`slotSalt`')
      .replace(/(\| `relayInterval` +\| )`seconds\(1\)`/, '$1`seconds(9)`');
    expect(differences(spoilt)).toEqual([
      expect.stringMatching(/: slotSecret is not on the page$/),
      expect.stringMatching(/: locate is not on the page$/),
      expect.stringMatching(/: slotSalt is in no type$/),
      'relayInterval: the page says `seconds(9)`, its comment 1,000',
    ]);
  }, 300_000);
});
