import type { SessionRecord } from 'nestjs-hybrid-session';

/** Flips one bit of one byte of the box: its nonce, its text, or its tag. */
function flipped(at: (length: number) => number): (record: SessionRecord) => SessionRecord {
  return (record) => {
    const [keyId = '', text = ''] = record.sealed.split('.');
    const box = Buffer.from(text, 'base64url');
    const place = at(box.length);
    box.writeUInt8(box.readUInt8(place) ^ 1, place);
    return { ...record, sealed: `${keyId}.${box.toString('base64url')}` };
  };
}

function withSeal(change: (keyId: string, text: string) => string): (record: SessionRecord) => SessionRecord {
  return (record) => {
    const [keyId = '', text = ''] = record.sealed.split('.');
    return { ...record, sealed: change(keyId, text) };
  };
}

/** What somebody changed, how, and the cause by which cookie (and refresh token) and access token are refused for it. */
export type RecordEdit = readonly [
  what: string,
  edit: (record: SessionRecord) => SessionRecord,
  cause: { readonly cookie: string; readonly token: string },
];

const LATER = 9_999_999_999_999;
const TAMPERED = { cookie: 'tampered', token: 'tampered' };
/** What the secret is derived from too: the cookie falls by that already, and the access token by the seal. */
const FORGED = { cookie: 'forged', token: 'tampered' };
/** A token that names no key, for a session that is bound to one: seen before the seal is. */
const UNBOUND = { cookie: 'tampered', token: 'forged' };

/** One change of each kind that whoever writes the store can make to what is sealed, or to what the seal binds. */
export const RECORD_EDITS: readonly RecordEdit[] = [
  ['first byte of the nonce', flipped(() => 0), TAMPERED],
  ['last byte of the nonce', flipped(() => 11), TAMPERED],
  ['first byte of the ciphertext', flipped(() => 12), TAMPERED],
  ['last byte of the ciphertext', flipped((length) => length - 17), TAMPERED],
  ['first byte of the tag', flipped((length) => length - 16), TAMPERED],
  ['last byte of the tag', flipped((length) => length - 1), TAMPERED],
  [
    'tag, cut by a byte',
    withSeal((keyId, text) => `${keyId}.${Buffer.from(text, 'base64url').subarray(0, -1).toString('base64url')}`),
    TAMPERED,
  ],
  ['box, cut to nothing', withSeal((keyId) => `${keyId}.`), TAMPERED],
  [
    'name of the sealing key',
    withSeal((keyId, text) => `${keyId.startsWith('A') ? 'B' : 'A'}${keyId.slice(1)}.${text}`),
    TAMPERED,
  ],
  ['seal, with a third part', withSeal((keyId, text) => `${keyId}.${text}.`), TAMPERED],
  ['seal, gone', (record) => ({ ...record, sealed: '' }), TAMPERED],
  ['expiresAt', (record) => ({ ...record, expiresAt: LATER }), TAMPERED],
  ['idleTimeout', (record) => ({ ...record, idleTimeout: LATER }), TAMPERED],
  ['authenticatedAt', (record) => ({ ...record, authenticatedAt: record.authenticatedAt + 1 }), TAMPERED],
  ['createdAt', (record) => ({ ...record, createdAt: record.createdAt + 1 }), TAMPERED],
  ['amr', (record) => ({ ...record, amr: 'pwd otp' }), TAMPERED],
  ['acr', (record) => ({ ...record, acr: 'aal3' }), TAMPERED],
  ['scope', (record) => ({ ...record, scope: 'everything' }), TAMPERED],
  ['clientId', (record) => ({ ...record, clientId: 'other' }), TAMPERED],
  ['remembered', (record) => ({ ...record, remembered: !record.remembered }), TAMPERED],
  ['minGeneration', (record) => ({ ...record, minGeneration: record.minGeneration - 1 }), TAMPERED],
  ['version', (record) => ({ ...record, version: record.version + 1 }), TAMPERED],
  ['dpopThumbprint', (record) => ({ ...record, dpopThumbprint: 'A'.repeat(43) }), UNBOUND],
  ['userId', (record) => ({ ...record, userId: `${record.userId.slice(0, -1)}${record.userId.endsWith('0') ? 1 : 0}` }), FORGED],
  ['salt', (record) => ({ ...record, salt: `${record.salt.startsWith('A') ? 'B' : 'A'}${record.salt.slice(1)}` }), FORGED],
  ['name of the deriving key', (record) => ({ ...record, keyId: 'AAAAAAAA' }), FORGED],
  ['channel', (record) => ({ ...record, channel: record.channel === 'api' ? 'browser' : 'api' }), FORGED],
];
