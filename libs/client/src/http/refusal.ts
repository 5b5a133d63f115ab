/**
 * The code of a refusal: from the challenge (RFC 6750 §3, RFC 9449 §7.1), or from the body (RFC 9457 `code`, RFC 6749 §5.2 `error`),
 * because a page of another origin sees the challenge only where CORS exposes it. The answer stays unread.
 */
export async function refusalOf(answer: Response): Promise<string | undefined> {
  const [, named] = /\berror="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '') ?? [];
  if (named !== undefined) return named;
  if (!/^application\/(problem\+)?json\b/i.test(answer.headers.get('content-type') ?? '')) return undefined;
  try {
    return codeIn(await answer.clone().json());
  } catch {
    return undefined; // cut off, or no JSON after all: then it says nothing
  }
}

/** The code in the body of a refusal. */
export function codeIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('code' in body && typeof body.code === 'string') return body.code;
  return 'error' in body && typeof body.error === 'string' ? body.error : undefined;
}
