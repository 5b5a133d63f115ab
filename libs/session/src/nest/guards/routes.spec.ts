import { describe, expect, it, jest } from '@jest/globals';
import { SetMetadata } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Reflector } from '@nestjs/core';
import { REQUIRED_ROLES } from '../decorators/require-roles.decorator.js';
import { RECENT_AUTH } from '../decorators/require-recent-auth.decorator.js';
import { Routes } from './routes.js';

/** The method of a route, as all classes have it that inherit it. */
const handler = () => 'changed';
SetMetadata(RECENT_AUTH, {})(handler);

class Things {
  readonly name = 'things';
}

@SetMetadata(REQUIRED_ROLES, ['admin'])
class AdminThings extends Things {}

class OtherThings extends Things {}

const contextOf = (owner: typeof Things) => new ExecutionContextHost([], owner, handler);

describe('what the decorators of a route say', () => {
  it('is read once, however many requests come', () => {
    const reflector = new Reflector();
    const read = jest.spyOn(reflector, 'getAllAndOverride');
    const routes = new Routes(reflector, 1_000);
    const first = routes.of(contextOf(Things));
    const reads = read.mock.calls.length;
    expect(reads).toBeGreaterThan(0);
    for (let request = 0; request < 3; request += 1) expect(routes.of(contextOf(Things))).toBe(first);
    expect(read.mock.calls.length).toBe(reads);
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
