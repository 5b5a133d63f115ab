import type { SessionOptions } from 'nestjs-hybrid-session';
import { readAudit } from './audit-config.js';
import type { AppConfig } from './app-config.js';
import { ConfigError } from './config-error.js';
import { completeKeys, makeKeys } from './development-keys.js';
import { EnvironmentReader, type Environment } from './environment-reader.js';
import { readHttp, type HttpConfig } from './http-config.js';
import { readKeys, readSigningKeyConfig, type SessionKeys } from './key-config.js';
import { readObservability } from './observability-config.js';
import { optionFaults } from './option-faults.js';
import { readSeedUsers } from './seed-users.js';
import { readSessionBehaviour } from './session-config.js';
import { readSignalStreams } from './signal-streams.js';
import { readStorage } from './storage-config.js';

/**
 * Reads and validates the environment. What is missing is made up for development, and refused in production.
 * @throws ConfigError with every fault at once
 */
export function loadConfig(environment: Environment, cwd = process.cwd()): AppConfig {
  const reader = new EnvironmentReader(environment);
  const production = reader.text('NODE_ENV') === 'production';
  const http = readHttp(reader, production);
  const storage = readStorage(reader, production, cwd);
  const audit = readAudit(reader);
  const observability = readObservability(reader, production);
  const signalStreams = readSignalStreams(reader);
  const signing = readSigningKeyConfig(reader);
  const given = readKeys(reader, production, signing);
  const seedUsers = readSeedUsers(reader);
  const behaviour = readSessionBehaviour(reader);

  const ownOrigins = production ? [] : localOrigins(http);
  const options: Omit<SessionOptions, keyof SessionKeys> = {
    ...behaviour,
    keyRotation: signing.rotation,
    publicUrl: http.publicUrl,
    trustedOrigins: [...ownOrigins, ...http.corsOrigins],
    dpop: { ...behaviour.dpop, origins: ownOrigins },
    production,
  };
  // Made-up keys only stand in for the missing ones here; those that are used come below, from a file, or from the database.
  const madeUpKeys = makeKeys();
  const signingKeys = given.signingKeys?.length ? given.signingKeys : madeUpKeys.signingKeys;
  const faults = [...reader.faults, ...optionFaults({ ...options, ...madeUpKeys, ...given, signingKeys })];
  if (faults.length > 0) throw new ConfigError(faults);

  const { keys, madeUp } = completeKeys(given, storage.folder);
  return {
    production,
    http,
    storage,
    audit,
    observability,
    signalStreams,
    signingKeysInDatabase: signing.place === 'database',
    sessions: { ...options, ...keys },
    seedUsers,
    makeFirstUser: !production && seedUsers.length === 0,
    notices: madeUp ? [`Development keys for what is not set of SESSION_KEYS and JWT_PRIVATE_JWK: ${madeUp}`] : [],
  };
}

/** On a developer's machine the application has two names, and browsers send whichever was typed. */
function localOrigins(http: HttpConfig): string[] {
  return [`http://localhost:${http.port}`, `http://127.0.0.1:${http.port}`].map((origin) => new URL(origin).origin);
}
