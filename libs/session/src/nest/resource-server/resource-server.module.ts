import { randomBytes } from 'node:crypto';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { SessionEvent } from '../../core/events.js';
import { SystemClock } from '../../core/ports/clock.js';
import { LiveSessions } from '../../core/live/live-sessions.js';
import { SystemStopwatch } from '../../core/ports/stopwatch.js';
import { IssuerKeys } from '../../core/resource-server/issuer-keys.js';
import { TokenVerifier } from '../../core/resource-server/token-verifier.js';
import { KeyRing } from '../../core/secrets/key-ring.js';
import { AccessTokens } from '../../core/tokens/access-tokens.js';
import { ClientRegistry, DEFAULT_CLIENT_ID } from '../../core/tokens/client-registry.js';
import { createDpopBinding } from '../../core/tokens/dpop/create-dpop-binding.js';
import { SigningKeys } from '../../core/tokens/signing-keys.js';
import { MemoryCounters } from '../../stores/memory/memory.counters.js';
import { SessionErrorFilter } from '../error.filter.js';
import { Gatekeeper } from '../guards/gatekeeper.js';
import { SessionGuard, TokenGuard } from '../guards/session.guard.js';
import { peerOf } from '../live/address-of.js';
import { LIVE } from '../live/live-providers.js';
import { HttpIssuer } from './http-issuer.js';
import { ResourceGatekeeper } from './resource-gatekeeper.js';
import { LIVE_WITHIN } from '../../core/options/live-faults.js';
import { type ResourceServerOptions, resolveResourceServer } from './resource-server-options.js';

/** Guards for a service that only verifies the access tokens of another application: `SessionModule.forResourceServer({ ... })`. Global. */
@Module({})
export class ResourceServerModule {
  /** @throws InvalidOptionsError with every fault at once */
  static of(options: ResourceServerOptions): DynamicModule {
    const gatekeeper = gatekeeperOf(options);
    const guards = [SessionGuard, TokenGuard];
    return {
      module: ResourceServerModule,
      global: true,
      providers: [
        { provide: Gatekeeper, useValue: gatekeeper },
        { provide: APP_FILTER, useClass: SessionErrorFilter },
        { provide: LiveSessions, useValue: liveSessionsOf(options) },
        ...LIVE,
        ...guards,
        ...(options.guard ? [{ provide: APP_GUARD, useExisting: SessionGuard }] : []),
      ],
      exports: [Gatekeeper, LiveSessions, ...LIVE, ...guards],
    };
  }
}

/** Nobody tells this service of changes: it asks. */
function liveSessionsOf({
  clock = new SystemClock(),
  stopwatch = new SystemStopwatch(),
  liveWithin = LIVE_WITHIN,
}: ResourceServerOptions) {
  return new LiveSessions(liveWithin, clock, stopwatch, () => undefined);
}

function gatekeeperOf(options: ResourceServerOptions): Gatekeeper {
  const { issuer, publicUrl, audience, within, deadline, clockTolerance, recentAuthentication } = resolveResourceServer(options);
  const clock = options.clock ?? new SystemClock();
  const stopwatch = options.stopwatch ?? new SystemStopwatch();
  const emit = (event: SessionEvent) => {
    try {
      options.onEvent?.(event);
    } catch {
      // a listener that fails must not fail the request it is told of
    }
  };
  const link = options.link ?? new HttpIssuer(issuer, options.client, deadline);
  const keys = new SigningKeys([]);
  const rules = { issuer, audience, defaultClientId: DEFAULT_CLIENT_ID, lifetime: 0, clockTolerance };
  const tokens = new AccessTokens(keys, rules, randomBytes);
  const dpop = createDpopBinding(
    { issuer: publicUrl, dpop: { mode: 'accepted', nonces: false, origins: [] } },
    {
      ring: new KeyRing([randomBytes(32)]),
      counters: options.counters ?? new MemoryCounters(),
      clients: new ClientRegistry([]),
      clock,
      emit,
    },
  );
  const verifier = new TokenVerifier(link, new IssuerKeys(link, keys, stopwatch), tokens, dpop, clock, stopwatch, emit);
  const challenger = { realm: issuer, algorithms: dpop.algorithms };
  return new ResourceGatekeeper(verifier, challenger, recentAuthentication, { within }, clock, emit, options.addressOf ?? peerOf);
}
