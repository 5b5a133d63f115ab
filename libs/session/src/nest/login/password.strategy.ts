import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { PasswordProof } from '../../core/login/password-check.js';
import { identityOf, type HttpRequest } from '../transport/http-request.js';

/** The name of the passport strategy. */
export const PASSWORD_STRATEGY = 'hybrid-session-password';

// Passport keeps its strategies in one place per process, so two applications in one process would share the last one made.
// Hence the strategy holds nothing: the guard hands it the check of its own application with each request.
const checks = new WeakMap<object, CheckPassword>();

/** Checks what a person typed, as one request presents it to its own application. */
export type CheckPassword = (username: string, password: string) => Promise<PasswordProof>;

/** Tells the strategy which check to use for a request. */
export function usePasswordCheck(request: HttpRequest, check: CheckPassword): void {
  checks.set(identityOf(request), check);
}

/** Checks user name and password with passport-local. */
@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy, PASSWORD_STRATEGY) {
  constructor() {
    super({ usernameField: 'username', passwordField: 'password', passReqToCallback: true, session: false });
  }

  async validate(request: HttpRequest, username: string, password: string): Promise<PasswordProof> {
    const check = checks.get(identityOf(request));
    if (!check) throw new Error('PasswordStrategy works behind PasswordGuard only: put @UseGuards(PasswordGuard) on the route.');
    return check(username, password);
  }
}
