import { InvalidInputError } from '../../core/errors.js';
import { mediaTypeOf, type HttpRequest } from './http-request.js';

/** What a text field must be. */
export interface TextRule {
  readonly max: number;
}

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
// Control characters have no place in a name or a token, and NUL is an error in most databases; U+FFFD stands for bytes that
// were not UTF-8.
const UNWANTED = /[\u0000-\u001f\u007f\ufffd]/;

/** The fields of a request body, read one by one and by name: whatever else was sent is not looked at. */
export class Fields {
  private constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  /**
   * The body as JSON or, where allowed, as a form.
   * @throws InvalidInputError when it is neither
   */
  static of(request: HttpRequest, accept: 'json' | 'form' | 'either'): Fields {
    const type = mediaTypeOf(request);
    const fits = (type === JSON_TYPE && accept !== 'form') || (type === FORM && accept !== 'json');
    if (!fits || !isObject(request.body)) {
      const wanted = accept === 'either' ? `${JSON_TYPE} or ${FORM}` : accept === 'json' ? JSON_TYPE : FORM;
      throw new InvalidInputError(`Send the fields as ${wanted}.`);
    }
    return new Fields(request.body);
  }

  /** Of a request that has no body. */
  static none(): Fields {
    return new Fields({});
  }

  /**
   * A text that must be there.
   * @throws InvalidInputError
   */
  text(name: string, rule: TextRule): string {
    const value = this.optionalText(name, rule);
    if (value === undefined) throw new InvalidInputError(`The field ${name} is missing.`, name);
    return value;
  }

  /** A text that may be missing; an empty one counts as missing (RFC 6749 §3.2). */
  optionalText(name: string, rule: TextRule): string | undefined {
    const value = this.own(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw new InvalidInputError(`The field ${name} must be one text.`, name);
    if (value.length > rule.max)
      throw new InvalidInputError(`The field ${name} is too long: ${rule.max} characters at most.`, name);
    if (UNWANTED.test(value) || !value.isWellFormed()) {
      throw new InvalidInputError(`The field ${name} holds characters that are not allowed: send plain text as UTF-8.`, name);
    }
    return value;
  }

  /** A yes or no that may be missing: a boolean, or what a checkbox sends. */
  flag(name: string): boolean {
    const value = this.own(name);
    if (value === undefined || value === false || value === '' || value === 'false') return false;
    if (value === true || value === 'true' || value === 'on' || value === '1') return true;
    throw new InvalidInputError(`The field ${name} must be true or false.`, name);
  }

  /** A whole number that may be missing, from 0 to `max`; what is more counts as `max`. @throws InvalidInputError */
  count(name: string, max: number): number {
    const value = this.own(name) ?? max;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw new InvalidInputError(`The field ${name} must be a whole number of at least 0.`, name);
    return Math.min(value, max);
  }

  /** Texts that may be missing, `most` of them at the most. @throws InvalidInputError */
  texts(name: string, rule: TextRule, most: number): readonly string[] {
    const value = this.own(name) ?? [];
    if (!Array.isArray(value) || value.length > most)
      throw new InvalidInputError(`The field ${name} must be an array of ${most} texts at the most.`, name);
    const items = new Fields(Object.fromEntries(value.map((item, at) => [`${name}[${at}]`, item])));
    return value.map((_, at) => items.text(`${name}[${at}]`, rule));
  }

  /** The names in an object that may be missing. @throws InvalidInputError */
  names(name: string, rule: TextRule, most: number): readonly string[] {
    const value = this.own(name) ?? {};
    const names = isObject(value) ? Object.keys(value) : [];
    if (!isObject(value) || names.length > most)
      throw new InvalidInputError(`The field ${name} must be an object of ${most} members at the most.`, name);
    const items = new Fields(Object.fromEntries(names.map((item, at) => [`${name}[${at}]`, item])));
    return names.map((_, at) => items.text(`${name}[${at}]`, rule));
  }

  /**
   * Fields within a field, which must be there.
   * @throws InvalidInputError
   */
  object(name: string): Fields {
    const value = this.own(name);
    if (!isObject(value)) throw new InvalidInputError(`The field ${name} must be an object.`, name);
    return new Fields(value);
  }

  private own(name: string): unknown {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the body came from an HTML form. */
export function isForm(request: HttpRequest): boolean {
  return mediaTypeOf(request) === FORM;
}

/** Whether the body is JSON. */
export function isJson(request: HttpRequest): boolean {
  return mediaTypeOf(request) === JSON_TYPE;
}
