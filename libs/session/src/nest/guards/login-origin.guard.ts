import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { requestOf } from '../transport/http-request.js';
import { CsrfProtection } from './csrf-protection.js';

/** Keeps other sites from logging a visitor in (login CSRF). */
@Injectable()
export class LoginOriginGuard implements CanActivate {
  constructor(private readonly csrf: CsrfProtection) {}

  canActivate(context: ExecutionContext): boolean {
    this.csrf.checkWithoutToken(requestOf(context));
    return true;
  }
}
