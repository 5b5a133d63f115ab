import type { SessionOptions, SignalStream } from 'nestjs-hybrid-session';
import type { AuditConfig } from './audit-config.js';
import type { HttpConfig } from './http-config.js';
import type { ObservabilityConfig } from './observability-config.js';
import type { SeedUser } from './seed-users.js';
import type { StorageConfig } from './storage-config.js';

/** Everything the application was told, validated and typed. Type and injection token in one. */
export abstract class AppConfig {
  abstract readonly production: boolean;
  abstract readonly http: HttpConfig;
  abstract readonly storage: StorageConfig;
  abstract readonly audit: AuditConfig;
  abstract readonly observability: ObservabilityConfig;
  /** Whether signing keys are kept beside the users, and rotate by themselves. */
  abstract readonly signingKeysInDatabase: boolean;
  /** Whom else ended sessions and new passwords are told. */
  abstract readonly signalStreams: readonly SignalStream[];
  /** What the session library is configured with; its adapters are added where they are built. */
  abstract readonly sessions: SessionOptions;
  abstract readonly seedUsers: readonly SeedUser[];
  /** Whether an empty database gets a first administrator with a made-up password. */
  abstract readonly makeFirstUser: boolean;
  /** What was made up, to be said at start. */
  abstract readonly notices: readonly string[];
}
