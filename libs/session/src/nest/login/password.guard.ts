import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { InvalidCredentialsError } from '../../core/errors.js';
import type { PasswordLogin, PasswordProof } from '../../core/login/password-check.js';
import { SessionRuntime } from '../session-runtime.js';
import { Fields } from '../transport/fields.js';
import { identityOf, requestOf, type HttpRequest } from '../transport/http-request.js';
import { clientOf, cookiesOf } from '../transport/request-credential.js';
import { PASSWORD_STRATEGY, usePasswordCheck } from './password.strategy.js';

/** The longest user name and password that are looked at; longer ones are refused before any hash is computed. */
const USERNAME = { max: 256 };
export const PASSWORD = { max: 1024 };
const DEVICE_SECRET = { max: 256 };

const proofs = new WeakMap<object, PasswordProof>();

/** Lets a request pass whose `username` and `password` are right. Both are read from the body only, never from the URL. */
@Injectable()
export class PasswordGuard extends AuthGuard(PASSWORD_STRATEGY) {
  constructor(private readonly runtime: SessionRuntime) {
    super({ session: false, property: 'passwordProof' });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const login = passwordLoginOf(request, this.runtime); // passport-local would look into the query string for what the body lacks
    const passwords = passwordCheckOf(this.runtime);
    usePasswordCheck(request, (username, password) => passwords.verify({ ...login, username, password }));
    await super.canActivate(context);
    return true;
  }

  override handleRequest<T>(error: unknown, proof: T | false, _info: unknown, context: ExecutionContext): T {
    if (error) throw error as Error;
    if (!proof || !isProof(proof)) throw new InvalidCredentialsError();
    proofs.set(identityOf(requestOf(context)), proof);
    return proof;
  }
}

/** The proof that {@link PasswordGuard} found for this request. */
export function proofOf(request: HttpRequest): PasswordProof {
  const proof = proofs.get(identityOf(request));
  if (!proof) throw new Error('This request proved no password: put @UseGuards(PasswordGuard) on the route.');
  return proof;
}

/** What the person typed, and what the browser or the app kept of an earlier login. */
export function passwordLoginOf(request: HttpRequest, { options }: SessionRuntime): PasswordLogin {
  const fields = Fields.of(request, 'either');
  const [cookie, ...more] = cookiesOf(request, options.cookie.deviceName);
  return {
    username: fields.text('username', USERNAME),
    password: fields.text('password', PASSWORD),
    address: clientOf(request).address,
    deviceSecret: fields.optionalText('device_secret', DEVICE_SECRET) ?? (more.length === 0 ? cookie : undefined),
  };
}

/** The application's password check. */
export function passwordCheckOf(runtime: SessionRuntime): NonNullable<SessionRuntime['passwords']> {
  if (!runtime.passwords)
    throw new Error('Password routes need accounts: give SessionModule the option `accounts`, or leave these controllers out.');
  return runtime.passwords;
}

function isProof(value: unknown): value is PasswordProof {
  return typeof value === 'object' && value !== null && 'account' in value && 'fence' in value;
}
