import type { JWK } from 'jose';
import { DEFAULT_CLIENT_ID } from '../tokens/client-registry.js';
import { publicKeyFaults } from '../tokens/signing-keys.js';
import type { OAuthClient } from './session-options.js';

const MIN_SECRET_LENGTH = 16;

/** What is wrong with a registered client, as sentences that name the cure. */
export function clientFaults(client: OAuthClient): string[] {
  const { id, secret, keys, scopes } = client;
  const faults: string[] = [];
  if (id === DEFAULT_CLIENT_ID)
    faults.push(`clients: the id "${id}" stands for requests that name no client: give this client another.`);
  if (!/^[\x21-\x7e]{1,128}$/.test(id)) faults.push(`clients: id "${id}" must be 1 to 128 visible ASCII characters.`);
  if (secret !== undefined && secret.length < MIN_SECRET_LENGTH)
    faults.push(`clients: the secret of "${id}" is too short: use ${MIN_SECRET_LENGTH} characters or more.`);
  if (secret !== undefined && keys)
    faults.push(`clients: "${id}" has a secret and keys: leave the secret out, keys are the stronger proof.`);
  if (client.mayRevokeUsers && secret === undefined && !keys)
    faults.push(`clients: "${id}" may revoke users, and anybody can call himself so: give it a secret, or keys.`);
  if (keys) faults.push(...keyFaults(keys, `clients: the keys of "${id}"`));
  if (scopes?.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    faults.push(`clients: a scope of "${id}" is not a scope token (RFC 6749 §3.3).`);
  return faults;
}

function keyFaults(keys: readonly JWK[], name: string): string[] {
  const kids = keys.map(({ kid }) => kid);
  return [
    ...(keys.length === 0 ? [`${name} are none: give at least one public JWK.`] : []),
    ...(keys.length > 1 && (kids.includes(undefined) || new Set(kids).size < keys.length)
      ? [`${name} need a "kid" each, all different, since an assertion says by it which one signed.`]
      : []),
    ...keys.flatMap((jwk, at) => publicKeyFaults(jwk, `${name}[${at}]`)),
  ];
}
