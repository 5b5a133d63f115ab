/** A credential as a client shows it: a cookie or an access token, of one generation of one session. */
export interface Shown {
  readonly kind: 'cookie' | 'access';
  readonly session: string;
  readonly channel: 'browser' | 'api';
  readonly generation: number;
}

/** What a client asks for. Passwords are numbers: no secret stands in a history. */
export type Call =
  | { readonly type: 'login'; readonly channel: 'browser' | 'api'; readonly password: number; readonly endOthers: boolean }
  | { readonly type: 'check'; readonly shown: Shown }
  | { readonly type: 'refresh'; readonly session: string; readonly generation: number }
  | { readonly type: 'logout'; readonly shown: Shown }
  | { readonly type: 'revokeToken'; readonly session: string; readonly generation: number }
  | { readonly type: 'endOne'; readonly shown: Shown; readonly target: string }
  | { readonly type: 'endOthers'; readonly shown: Shown }
  | { readonly type: 'endAll'; readonly shown: Shown }
  | { readonly type: 'list'; readonly shown: Shown }
  | { readonly type: 'tokenOfCookie'; readonly shown: Shown }
  | { readonly type: 'reauthenticate'; readonly shown: Shown; readonly password: number }
  | { readonly type: 'changePassword'; readonly shown: Shown; readonly current: number; readonly next: number };

/** What a client was told. */
export type Answer =
  | { readonly type: 'done' }
  /** 401, or `invalid_grant`. */
  | { readonly type: 'refused' }
  | { readonly type: 'notFound' }
  | { readonly type: 'limitReached' }
  | { readonly type: 'issued'; readonly session: string; readonly generation: number }
  | { readonly type: 'ended'; readonly count: number }
  | { readonly type: 'listed'; readonly sessions: readonly string[] }
  /** Something that no rule foresees, such as a second secret for one generation. Always a violation. */
  | { readonly type: 'unexpected'; readonly what: string };

/** One call of one client. Moments are microseconds by the recorder's one monotonic clock. */
export interface Operation {
  readonly id: number;
  readonly user: string;
  readonly client: string;
  /** Which process was asked. */
  readonly instance: string;
  readonly call: Call;
  readonly calledAt: number;
  /** Absent: the answer never came, so that the call may act at any later moment, or never. */
  readonly returned?: { readonly at: number; readonly answer: Answer };
}

/** What a checker must know of the installation to say what is lawful. */
export interface Rules {
  /** `never`: the window is longer than the history. `at-once`: the predecessor is dead when its successor was used. */
  readonly predecessorDies: 'never' | 'at-once';
  /** Sessions per channel; one more is refused. */
  readonly limit: number;
}
