/** The variables a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

const YES = new Set(['true', 'on', 'yes', '1']);
const NO = new Set(['false', 'off', 'no', '0']);

/** Reads variables and collects every fault instead of stopping at the first, so that one start names all of them. */
export class EnvironmentReader {
  readonly faults: string[] = [];

  constructor(private readonly environment: Environment) {}

  /** A text. Blank counts as absent: shells and compose files often leave a name without a value. */
  text(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** A text split at its commas. */
  list(name: string): readonly string[] {
    return (this.text(name) ?? '').split(',').flatMap((item) => item.trim() || []);
  }

  /** A whole number within bounds. */
  wholeNumber(name: string, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    return this.fault(name, `"${text}" is not a whole number ${range}.`);
  }

  /** A duration that is written in seconds, as the milliseconds that the library counts in. */
  seconds(name: string, min: number): number | undefined {
    const value = this.wholeNumber(name, min, 1_000_000_000);
    return value === undefined ? undefined : value * 1000;
  }

  /** One of a few words. */
  choice<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return words.find((word) => word === text) ?? this.fault(name, `"${text}" is not one of ${words.join(', ')}.`);
  }

  /** Yes or no. */
  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (YES.has(text) || NO.has(text)) return YES.has(text);
    return this.fault(name, `"${text}" is neither true nor false.`);
  }

  /** Notes a fault: what is wrong with a variable, and what to write instead. */
  fault(name: string, what: string): undefined {
    this.faults.push(`${name}: ${what}`);
  }
}
