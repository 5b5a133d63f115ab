/** What may change between two requests of one session: the kind of program, its network, or its place faster than anyone travels. */
export type ClientSignal = 'userAgent' | 'network' | 'travel';

/**
 * What a change does, the mildest first. `report`: an event. `stepUp`: an event, and the changed client is refused until it proves the
 * password again; whoever has not changed goes on. `end`: an event, and the session ends.
 */
export type ClientPolicy = 'ignore' | 'report' | 'stepUp' | 'end';

export type ClientPolicies = Readonly<Record<ClientSignal, ClientPolicy>>;

export const CLIENT_POLICIES: readonly ClientPolicy[] = ['ignore', 'report', 'stepUp', 'end'];

/** Unless a host says otherwise nobody is logged out: browsers are updated, and phones change cells. */
export const DEFAULT_CLIENT_POLICIES: ClientPolicies = { userAgent: 'report', network: 'ignore', travel: 'report' };

/** The strictest of some policies. */
export function strictest(policies: readonly ClientPolicy[]): ClientPolicy {
  return CLIENT_POLICIES.findLast((policy) => policies.includes(policy)) ?? 'ignore';
}
