import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { VerifiedProof } from '../../core/tokens/dpop/presented-proof.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import { identityOf, requestOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf } from '../transport/request-credential.js';
import { presentedProofOf } from '../transport/request-proof.js';

const CLIENT_ID = { max: 128 };

const proofs = new WeakMap<object, VerifiedProof>();

/**
 * Verifies the DPoP proof of a login for tokens, before the password: what must be sent again with a nonce costs no hash, and counts as no
 * attempt.
 */
@Injectable()
export class LoginProofGuard implements CanActivate {
  constructor(private readonly runtime: SessionRuntime) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const clientId = Fields.of(request, 'json').optionalText('client_id', CLIENT_ID);
    const proof = await this.runtime.core.dpop.verifyFirst(presentedProofOf(request), clientId, clientOf(request));
    if (proof) proofs.set(identityOf(request), proof);
    return true;
  }
}

/** The proof that {@link LoginProofGuard} verified for this request; not yet spent. */
export function loginProofOf(request: HttpRequest): VerifiedProof | undefined {
  return proofs.get(identityOf(request));
}
