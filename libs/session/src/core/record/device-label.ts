import { BoundedMap } from '../bounded-map.js';

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];
const MAX_LENGTH = 60;

/** How much of a user agent is looked at. */
const USER_AGENT_LENGTH = 512;

/** Labels by the user agents that were seen last: each request is compared with its session, and most send one of a few. */
const known = new BoundedMap<string, string>(1_000);

/** What the owner of a session reads in the list: "Firefox on Linux", or the program's first word such as "curl". */
export function deviceLabel(userAgent: string): string {
  if (userAgent.length > USER_AGENT_LENGTH) return labelOf(userAgent.slice(0, USER_AGENT_LENGTH));
  const remembered = known.get(userAgent);
  if (remembered !== undefined) return remembered;
  const label = labelOf(userAgent);
  known.set(userAgent, label);
  return label;
}

function labelOf(userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  const program = /^[A-Za-z][\w.-]*/.exec(userAgent)?.[0].slice(0, MAX_LENGTH);
  return browser ?? system ?? program ?? 'unknown device';
}
