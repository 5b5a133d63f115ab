import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';

/** The largest body that is read, in bytes: forms and small JSON are all that this application takes. */
export const BODY_LIMIT = 64 * 1024;

/** What of a request's headers tells how to read its body. */
export interface BodyHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | undefined;
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'application/json': readJson,
  'application/x-www-form-urlencoded': readForm,
};

/**
 * Reads a body: JSON or a form, in UTF-8. The one reader for both HTTP adapters, whose own parsers differ in what they take and
 * in how they refuse.
 * @throws UnsupportedMediaTypeException, BadRequestException
 */
export function readBody(bytes: Buffer, headers: BodyHeaders): unknown {
  if (bytes.length === 0) return undefined;
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const read = Object.hasOwn(READERS, type.trim()) ? READERS[type.trim()] : undefined;
  if (!read) throw new UnsupportedMediaTypeException('Send application/json, or a form as application/x-www-form-urlencoded.');
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (charset !== undefined && !/^\s*charset="?(utf-8|us-ascii)"?\s*$/.test(charset)) {
    throw new UnsupportedMediaTypeException('Send the body in UTF-8.');
  }
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? ''))
    throw new UnsupportedMediaTypeException('Send the body uncompressed.');
  return read(decode(bytes));
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequestException('The body is not UTF-8.', { errorCode: 'invalid_input' });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold a password.
    throw new BadRequestException('The body is not JSON.', { errorCode: 'malformed_body' });
  }
}

/** A field that stands twice becomes a list, so that whoever wants one text sees that there is none. */
function readForm(text: string): Record<string, string | string[]> {
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}
