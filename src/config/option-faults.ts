import { InvalidOptionsError, resolveOptions, type SessionOptions } from 'nestjs-hybrid-session';

/** Which variable each option comes from. The first that fits names the fault. */
const VARIABLES: readonly (readonly [option: string, variable: string])[] = [
  ['publicUrl', 'PUBLIC_URL'],
  ['preset', 'LIFETIME_PRESET'],
  ['keys', 'SESSION_KEYS'],
  ['slotSecret', 'SESSION_SLOT_SECRET'],
  ['signingKeys', 'JWT_PRIVATE_JWK'],
  ['keyRotation', 'KEY_ROTATION_DAYS'],
  ['lifetimes.browser', 'IDLE_SECONDS, ABSOLUTE_SECONDS'],
  ['lifetimes.remembered', 'REMEMBER_IDLE_SECONDS, REMEMBER_ABSOLUTE_SECONDS'],
  ['lifetimes.api', 'API_IDLE_SECONDS, API_ABSOLUTE_SECONDS'],
  ['limit', 'MAX_SESSIONS'],
  ['revocation', 'REVOCATION'],
  ['clients', 'OAUTH_CLIENTS'],
  ['trustedOrigins', 'CORS_ORIGINS'],
  ['cookie.name', 'COOKIE_NAME, COOKIE_SECURE'],
  ['cookie', 'COOKIE_SECURE'],
  ['loginLimits', 'LOGIN_DELAY_SECONDS, LOGIN_LONGEST_DELAY_SECONDS'],
];

/** What the library finds wrong with its options, each fault under the name of the variable that cures it. */
export function optionFaults(options: SessionOptions): readonly string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    return error.faults.map((fault) => {
      const variable = VARIABLES.find(([option]) => fault.startsWith(option))?.[1];
      return variable ? `${variable}: ${fault}` : fault;
    });
  }
}
