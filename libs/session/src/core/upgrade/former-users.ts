import type { FormerSession, FormerSessions } from '../ports/former-sessions.js';

/** Told why the host could not say whose a former session is: once, since it is the code that is at fault. Holds nothing of the session. */
export type FormerTrouble = (fault: string) => void;

/** 1 to 255 characters that every store can keep: no controls, no halves of a character. */
const PLAUSIBLE = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/** Whose former sessions are. What the host answers comes from records that anything may stand in: what can be no id is nobody's. */
export class FormerUsers {
  private hasTold = false;

  constructor(
    private readonly former: Pick<FormerSessions, 'userOf'>,
    private readonly onTrouble: FormerTrouble,
  ) {}

  /** The id of the user; `undefined` for a visitor's session, and where `userOf` throws or answers no id. */
  idOf(session: FormerSession): string | undefined {
    try {
      const id: unknown = this.former.userOf(session);
      if (typeof id === 'string' && PLAUSIBLE.test(id)) return id;
      if (id !== undefined && id !== null) this.tell(`answers what is no id (${typeof id})`);
    } catch (error) {
      this.tell(`throws (${error instanceof Error ? error.name : typeof error})`);
    }
    return undefined;
  }

  private tell(fault: string): void {
    if (!this.hasTold) this.onTrouble(fault);
    this.hasTold = true;
  }
}
