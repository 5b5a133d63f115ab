import { createHash } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '../secrets/base64url.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { mac, sameBytes } from '../secrets/mac.js';

/** What comes before the first entry. */
export const GENESIS = '';

/** A place in the chain: everything up to it has this hash. */
export interface AuditPlace {
  readonly seq: number;
  readonly hash: string;
}

/** The word of a server for something: made by its key of this name. */
export interface Voucher {
  readonly keyId: string;
  readonly mac: string;
}

/** How far a trail reaches, and what comes before its oldest entry: what was before that has been removed on purpose. */
export interface AuditSpan {
  readonly head: AuditPlace;
  readonly base: AuditPlace;
}

/**
 * How the entries of an audit trail hang together. Each has a hash over its place, its text and the hash before it; a hash stands for
 * everything up to it. And each hash has a MAC under a key of the server: whoever writes to the database cannot make another chain
 * (ASVS 16.4.2). The hashes need no key: so one good MAC vouches for all entries before it, also for those whose key is gone.
 */
export class AuditChain {
  constructor(private readonly ring: KeyRing) {}

  /** The hash of an entry: its place, and all before it, are part of it. */
  hashOf(previous: AuditPlace, text: string): string {
    const parts = JSON.stringify(['entry', 1, previous.seq + 1, previous.hash, text]);
    return createHash('sha256').update(parts).digest('base64url');
  }

  /** Vouches for a hash, and all before it. */
  vouch(place: AuditPlace): Voucher {
    return this.sign(['entry', place.seq, place.hash]);
  }

  /** Whether a voucher is good; `undefined` when its key is not in the ring. */
  isVouched(place: AuditPlace, voucher: Voucher): boolean | undefined {
    return this.isSigned(['entry', place.seq, place.hash], voucher);
  }

  /** Vouches for the end and the beginning: what an entry's own voucher is no substitute for, or a trail could be cut anywhere. */
  vouchSpan(span: AuditSpan): Voucher {
    return this.sign(partsOf(span));
  }

  /** Whether a voucher for a span is good; `undefined` when its key is not in the ring. */
  isSpanVouched(span: AuditSpan, voucher: Voucher): boolean | undefined {
    return this.isSigned(partsOf(span), voucher);
  }

  private sign(parts: readonly (string | number)[]): Voucher {
    return { keyId: this.ring.currentId, mac: encodeBase64url(mac(this.ring.current('audit'), parts)) };
  }

  private isSigned(parts: readonly (string | number)[], { keyId, mac: text }: Voucher): boolean | undefined {
    const key = this.ring.subkey(keyId, 'audit');
    const given = decodeBase64url(text);
    return key && given !== undefined && sameBytes(mac(key, parts), given);
  }
}

function partsOf({ head, base }: AuditSpan): readonly (string | number)[] {
  return ['span', head.seq, head.hash, base.seq, base.hash];
}
