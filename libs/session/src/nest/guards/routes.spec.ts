import { describe, expect, it } from '@jest/globals';
import { SetMetadata } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Reflector } from '@nestjs/core';
import { REQUIRED_ROLES } from '../decorators/require-roles.decorator.js';
import { RequireRecentAuth } from '../decorators/require-recent-auth.decorator.js';
import { Routes } from './routes.js';

class CountingReflector extends Reflector {
  reads = 0;

  override getAllAndOverride<T>(...given: Parameters<Reflector['getAllAndOverride']>): T {
    this.reads += 1;
    return super.getAllAndOverride<T>(...given);
  }
}

class Things {
  @RequireRecentAuth()
  change() {
    return 'changed';
  }
}

@SetMetadata(REQUIRED_ROLES, ['admin'])
class AdminThings extends Things {}

class OtherThings extends Things {}

const contextOf = (owner: typeof Things) => new ExecutionContextHost([], owner, owner.prototype.change);

describe('what the decorators of a route say', () => {
  it('is read once, however many requests come', () => {
    const reflector = new CountingReflector();
    const routes = new Routes(reflector, 1_000);
    const first = routes.of(contextOf(Things));
    const { reads } = reflector;
    expect(reads).toBeGreaterThan(0);
    for (let request = 0; request < 3; request += 1) expect(routes.of(contextOf(Things))).toBe(first);
    expect(reflector.reads).toBe(reads);
  });

  it('is each class’s own, also where they inherit the method', () => {
    const routes = new Routes(new Reflector(), 1_000);
    expect([AdminThings, OtherThings, Things, AdminThings].map((owner) => routes.of(contextOf(owner)).demands)).toMatchObject([
      { roles: ['admin'], maxAge: 1_000 },
      { roles: undefined, maxAge: 1_000 },
      { roles: undefined, maxAge: 1_000 },
      { roles: ['admin'], maxAge: 1_000 },
    ]);
  });
});
