import type { Type } from '@nestjs/common';
import { LoginController } from './login.controller.js';
import { CredentialsController } from './credentials.controller.js';
import { SessionsController } from './sessions.controller.js';
import { TokenController } from './token.controller.js';
import { OAuthController } from './oauth.controller.js';
import { GlobalRevocationController } from './global-revocation.controller.js';
import { MetadataController } from './metadata.controller.js';
import { SignalsController } from '../signals/signals.controller.js';

/** The routes of the library, each controller replaceable: mount the ones you want. */
export const SESSION_CONTROLLERS: readonly Type[] = [
  LoginController,
  CredentialsController,
  SessionsController,
  TokenController,
  OAuthController,
  GlobalRevocationController,
  MetadataController,
  SignalsController,
];
