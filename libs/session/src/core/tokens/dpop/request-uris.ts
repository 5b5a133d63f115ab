const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
const ESCAPED = /%[0-9a-f]{2}/gi;
const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * Knows under which addresses a request may be meant (RFC 9449 §4.3, check 9). They come from the configuration, never from the request: its
 * `Host` and what proxies add can be chosen by the sender, and a proof for another server would pass.
 */
export class RequestUris {
  private readonly origins: readonly string[];
  private readonly prefix: string;

  /**
   * @param publicUrl where clients reach the application. Its path stands before that of the request, unless it already does: a proxy
   * may have taken it off
   * @param origins further ones
   */
  constructor(publicUrl: string, origins: readonly string[] = []) {
    const { origin, pathname } = new URL(publicUrl);
    this.origins = [origin, ...origins];
    this.prefix = pathname.replace(/\/$/, '');
  }

  /** The normal form of `htu` where it is the address of the request, or `undefined`. */
  meant(htu: string, target: string): string | undefined {
    const given = normalForm(htu);
    const path = this.publicPathOf(target);
    return this.origins.some((origin) => normalForm(origin + path) === given) ? given : undefined;
  }

  private publicPathOf(target: string): string {
    const [path = ''] = target.replace(ABSOLUTE_FORM, '').split(/[?#]/, 1);
    const rooted = path.startsWith('/') ? path : `/${path}`;
    return `${rooted}/`.startsWith(`${this.prefix}/`) ? rooted : this.prefix + rooted;
  }
}

/** Normalised by syntax and scheme (RFC 3986 §6.2.2 and §6.2.3), without query and fragment. */
function normalForm(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname, username, password } = new URL(text);
  if (username !== '' || password !== '') return undefined;
  return origin + pathname.replace(ESCAPED, unescaped);
}

/** `%7E` is `~`; what must stay escaped is so in capitals. */
function unescaped(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return UNRESERVED.test(character) ? character : escape.toUpperCase();
}
