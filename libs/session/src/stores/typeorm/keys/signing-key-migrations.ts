import { CreateSigningKeys1764400000000 } from './create-signing-keys.migration.js';

/** The migrations of the stored signing keys, for the `migrations` of the data source that they are kept in. */
export const signingKeyMigrations = [CreateSigningKeys1764400000000];
