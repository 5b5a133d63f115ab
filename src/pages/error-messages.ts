import {
  BusyError,
  InvalidInputError,
  StoreUnavailableError,
  TooManyAttemptsError,
  type SessionError,
} from 'nestjs-hybrid-session';

const TWO_MINUTES = 120;

/** The library's messages are for developers; these are for people. */
export function messageFor(error: SessionError): string {
  if (error instanceof TooManyAttemptsError) {
    return `Too many attempts. Try again in ${duration(error.retryAfter)}. If that does not help, have your password reset.`;
  }
  if (error instanceof StoreUnavailableError) return `Our storage cannot be reached. Try again in ${duration(error.retryAfter)}.`;
  if (error instanceof BusyError) return `Too much is going on at the moment. Try again in ${duration(error.retryAfter)}.`;
  if (error instanceof InvalidInputError) return inputMessage(error);
  return MESSAGES[error.code] ?? 'This is not possible.';
}

/** The field of the password form that is to blame. */
export function faultyFieldOf(error: SessionError): string | undefined {
  if (error.code === 'invalid_credentials') return 'currentPassword';
  return error instanceof InvalidInputError ? error.field : undefined;
}

const MESSAGES: Partial<Record<SessionError['code'], string>> = {
  invalid_credentials: 'The user name or the password is wrong.',
  session_limit:
    'You are logged in on too many devices. Log those out to log in here: tick the box and type your password again.',
  origin_refused: 'This form was sent from another site. Go on from here.',
  csrf_refused: 'The page that this was sent from is out of date. Load it again.',
  fenced: 'Your account was changed elsewhere in the meantime. Log in again.',
};

/** What is wrong with a new password is told as it is; of the other fields only that they are missing. */
function inputMessage({ field, message }: InvalidInputError): string {
  if (field === 'newPassword') return message.replace('The field newPassword is missing.', 'Type a new password.');
  return field === 'currentPassword' ? 'Type your current password.' : 'Type your user name and your password.';
}

/** Seconds, as people count them. */
function duration(seconds: number): string {
  if (seconds >= TWO_MINUTES) return `${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}
