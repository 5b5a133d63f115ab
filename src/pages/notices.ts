/**
 * Why somebody stands before the login, as the address may say it: `/login?reason=…`. Whatever else anybody writes there is shown to
 * nobody. Beside an eviction the application does not tell causes apart (docs/decisions/0052).
 */
const REASONS = {
  evicted: { ended: true, text: 'You were logged out because you logged in on too many other devices.' },
  ended: {
    ended: true,
    text: 'Your session has ended: it was not used for a while, its time was up, or it was ended from another device, by a new password, or by an administrator.',
  },
  changed: { ended: true, text: 'This browser looks different from the one that logged in. Log in again to go on.' },
  logged_out: { ended: false, text: 'You have logged out.' },
  everywhere: { ended: false, text: 'You have logged out on all your devices.' },
} as const;

/** What an action has done, as the address may say it: `?done=…`. */
const DONE = {
  ended: 'That device is logged out.',
  others: 'All your other devices are logged out.',
  password: 'Your password is changed, and all your other devices are logged out.',
  session: 'The session is ended.',
  person: 'All sessions of this user are ended.',
} as const;

/** Why somebody stands before the login. */
export interface LoginReason {
  /** Whether it happened to them, as against being their own doing. */
  readonly ended: boolean;
  readonly text: string;
}

/** A reason, as it stands in the address. */
export type Reason = keyof typeof REASONS;

/** Where the login page is, with a reason that it will show. */
export function loginAddress(reason: Reason): string {
  return `/login?reason=${reason}`;
}

/** A page, by default that of the devices, with what was done. */
export function doneAddress(done: keyof typeof DONE, page = '/'): string {
  return `${page}?done=${done}`;
}

/** The reason that an address gives, if it is one. */
export function reasonOf(given: unknown): LoginReason | undefined {
  return entryOf(REASONS, given);
}

/** What an address says was done, if it is anything. */
export function doneOf(given: unknown): string | undefined {
  return entryOf(DONE, given);
}

function entryOf<T>(table: Readonly<Record<string, T>>, given: unknown): T | undefined {
  return typeof given === 'string' && Object.hasOwn(table, given) ? table[given] : undefined;
}
