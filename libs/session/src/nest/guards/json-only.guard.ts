import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Fields } from '../transport/fields.js';
import { requestOf } from '../transport/http-request.js';

/** Takes `application/json` only: what a form of another site cannot send without a preflight (ASVS 3.5.2). */
@Injectable()
export class JsonOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    Fields.of(requestOf(context), 'json');
    return true;
  }
}
