import {
  CurrentSession,
  CurrentUser,
  RequireRoles,
  type AuthenticatedUser,
  type Principal,
  type Session,
  type SessionService,
  type VerifiedAccount,
} from 'nestjs-hybrid-session';
import { actingAs, type SessionHost } from 'nestjs-hybrid-session/testing';
import { ParseIntPipe } from '@nestjs/common';

declare function takes<T>(value: T): T;

/** What handlers ask for. */
export class Handlers {
  user(@CurrentUser() user: AuthenticatedUser) {
    takes<'free' | 'pro'>(user.claims.plan);
    takes<number | undefined>(user.claims.seats);
    takes<readonly ('admin' | 'clerk')[]>(user.roles);
    // @ts-expect-error -- nobody declared it
    takes(user.claims.colour);
    // @ts-expect-error -- what requests share is read-only
    user.claims.plan = 'pro';
  }

  session(@CurrentSession() { data, principal }: Session) {
    takes<readonly string[] | undefined>(data.cart);
    takes<'free' | 'pro'>(principal.claims.plan);
    // @ts-expect-error -- a session begins without data
    takes<readonly string[]>(data.cart);
  }

  part(@CurrentUser() { id, claims }: { readonly id: string; readonly claims: { readonly plan: string } }) {
    return [id, claims.plan];
  }

  second(_page: number, @CurrentUser() user: AuthenticatedUser) {
    return user.id;
  }

  piped(@CurrentUser(ParseIntPipe) user: number) {
    return user;
  }

  // @ts-expect-error -- a user is no session
  mistaken(@CurrentUser() user: Session) {
    return user;
  }

  // @ts-expect-error -- a session is no user
  swapped(@CurrentSession() user: AuthenticatedUser) {
    return user;
  }

  // @ts-expect-error -- no user has it
  wishful(@CurrentUser() user: AuthenticatedUser & { readonly email: string }) {
    return user.email;
  }

  @RequireRoles('admin', 'clerk')
  allowed() {
    return true;
  }

  // @ts-expect-error -- a role that nobody can have
  @RequireRoles('admn')
  misspelt() {
    return true;
  }
}

/** What the host gives. */
export async function given(sessions: SessionService, session: Session, app: SessionHost): Promise<void> {
  takes<VerifiedAccount['principal']>({ username: 'ada', roles: ['admin'], claims: { plan: 'pro' } });
  // @ts-expect-error -- the declared claims are missing
  takes<Principal>({ username: 'ada', roles: ['admin'] });
  // @ts-expect-error -- no such role
  takes<Principal>({ username: 'ada', roles: ['root'], claims: { plan: 'pro' } });
  // @ts-expect-error -- no such plan
  await sessions.setPrincipal('ada', { username: 'ada', roles: [], claims: { plan: 'gold' } });
  await sessions.writeData(session, (data) => ({ ...data, cart: [...(data.cart ?? []), 'ring'] }));
  // @ts-expect-error -- no list of texts
  await sessions.writeData(session, () => ({ cart: 'ring' }));
  // @ts-expect-error -- a date does not survive a seal
  await sessions.writeData(session, () => ({ seenAt: new Date() }));
  await actingAs(app, { userId: 'ada', claims: { plan: 'free' } });
  // @ts-expect-error -- a test's user has what every user has
  await actingAs(app, { userId: 'ada' });
}
