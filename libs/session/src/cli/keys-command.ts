import { randomBytes } from 'node:crypto';
import { InvalidOptionsError } from '../core/errors.js';
import { keyRingFaults } from '../core/options/key-ring-faults.js';
import { SystemClock } from '../core/ports/clock.js';
import type { StoredSigningKey } from '../core/ports/signing-key-store.js';
import { StoreClock } from '../core/ports/store-clock.js';
import { decodeBase64url } from '../core/secrets/base64url.js';
import { KeyRing } from '../core/secrets/key-ring.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../core/tokens/signing-keys.js';
import { PUBLISHED_BEFORE } from '../core/tokens/stored-keys/key-schedule.js';
import { type KeyFacts, KeyVault } from '../core/tokens/stored-keys/key-vault.js';
import { SigningKeyRotation } from '../core/tokens/stored-keys/signing-key-rotation.js';
import { signingKeyEntities } from '../stores/typeorm/keys/signing-key-entities.js';
import { TypeOrmSigningKeys } from '../stores/typeorm/keys/typeorm.signing-keys.js';
import { openDataSource } from './open-data-source.js';
import { UsageError } from './usage-error.js';

interface KeysOptions {
  readonly algorithm?: string | undefined;
  readonly 'at-once'?: boolean | undefined;
  readonly 'data-source'?: string | undefined;
}

/** Lists, makes, rotates and retires the signing keys of a database; answers what is to be told. @throws UsageError, SessionError */
export async function keysCommand(
  words: readonly string[],
  options: KeysOptions,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const [command = '', kid, ...more] = words;
  const takesKid = command === 'retire';
  if (!['list', 'create', 'rotate', 'retire'].includes(command) || more.length > 0 || (kid !== undefined) !== takesKid)
    throw new UsageError();
  const algorithm = algorithmOf(options.algorithm);
  const ring = ringOf(environment['SESSION_KEYS']);
  const dataSource = await openDataSource(options['data-source'], environment['DATABASE_URL'], signingKeyEntities);
  try {
    const strangers: string[] = [];
    const store = new TypeOrmSigningKeys(dataSource, { deadline: DEADLINE });
    const clock = new StoreClock(store, new SystemClock()); // that of the machine it runs on may be any
    await clock.measure();
    const rotation = new SigningKeyRotation(
      store,
      new KeyVault(ring, randomBytes),
      clock,
      { algorithm: algorithm ?? 'Ed25519', every: undefined, firstAfter: PUBLISHED_BEFORE, believedFor: 0 },
      { created: () => undefined, refused: (key) => void strangers.push(key.kid) },
    );
    switch (command) {
      case 'create':
        return created(await rotation.first());
      case 'rotate':
        return created(await rotation.rotate({ algorithm, atOnce: options['at-once'] ?? false }));
      case 'retire':
        return retired(await rotation.retire(kid ?? ''));
      default:
        return list(await rotation.keys(), rotation, clock.now(), strangers);
    }
  } finally {
    await dataSource.destroy();
  }
}

/** Milliseconds that a call of the database may take: nobody's request waits for it. */
const DEADLINE = 10_000;

function algorithmOf(text: string | undefined): SigningAlgorithm | undefined {
  const algorithm = SIGNING_ALGORITHMS.find((one) => one === text);
  if (text !== undefined && !algorithm)
    throw new UsageError(`--algorithm ${text} is not one of ${SIGNING_ALGORITHMS.join(', ')}.`);
  return algorithm;
}

function ringOf(text: string | undefined): KeyRing {
  const keys = (text ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '')
    .map(decodeBase64url);
  const faults = keyRingFaults(keys);
  if (faults.length > 0) throw new InvalidOptionsError(faults.map((fault) => `SESSION_KEYS: ${fault}`));
  return new KeyRing(keys.filter((key) => key !== undefined));
}

function created({ kid, algorithm, signsFrom }: KeyFacts): string {
  return `${algorithm} key ${kid} is published within half a minute, and signs from ${timeOf(signsFrom)}.`;
}

function retired({ kid }: KeyFacts): string {
  return `The key ${kid} is retired: within half a minute nothing that it signed is believed any more.`;
}

function list(
  keys: readonly StoredSigningKey[],
  rotation: SigningKeyRotation,
  now: number,
  strangers: readonly string[],
): string {
  const signing = rotation.schedule(keys).signing(now);
  const lines = keys.map((key) => {
    const isLost = key.sealed !== undefined && rotation.privateJwk(key) === undefined;
    const state = stateOf(key, signing, now) + (isLost ? ', but its private part cannot be read' : '');
    return [key.kid, key.algorithm.padEnd('Ed25519'.length), state].join('  ');
  });
  const refused = strangers.map(
    (kid) =>
      `${kid}  not used: made by somebody else, put back after it was retired, or under a session key that is not in SESSION_KEYS`,
  );
  return [...lines, ...refused].join('\n') || 'There is no signing key yet: the first instance makes it, or `keys create`.';
}

function stateOf(key: StoredSigningKey, signing: StoredSigningKey | undefined, now: number): string {
  if (key.retiredAt !== undefined) return `retired ${timeOf(key.retiredAt)}`;
  if (key === signing) return `signs since ${timeOf(key.signsFrom)}`;
  if (key.signsFrom > now) return `signs from ${timeOf(key.signsFrom)}`;
  return `signed from ${timeOf(key.signsFrom)}, and verifies until what it signed has expired`;
}

function timeOf(moment: number): string {
  return new Date(moment).toISOString();
}
