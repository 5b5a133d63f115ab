import { SigningKeyRow } from './signing-key.entity.js';

/** The entities of the stored signing keys, for the `entities` of the data source that they are kept in. */
export const signingKeyEntities = [SigningKeyRow];
