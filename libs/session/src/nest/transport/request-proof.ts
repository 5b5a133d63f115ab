import type { PresentedProof } from '../../core/tokens/dpop/presented-proof.js';
import { headerLines, type HttpRequest } from './http-request.js';

/** The DPoP proof that a request carries (RFC 9449 §4.1), and what it must be about; not yet verified. */
export function presentedProofOf(request: HttpRequest): PresentedProof {
  const { method, originalUrl, url = '/' } = request;
  return { headers: headerLines(request, 'dpop'), method, target: originalUrl ?? url };
}
