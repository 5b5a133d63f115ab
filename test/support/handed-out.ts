/** Members of answers, and of what is sent, whose values open something. */
const SECRET =
  /^(access_token|refresh_token|csrfToken|device_secret|password|currentPassword|newPassword|client_secret|refreshToken|token)$/;

/** Sees every secret that goes over the wire in this process, in either direction: what no log may hold. */
export class HandedOut {
  readonly secrets = new Set<string>();
  private readonly fetch = globalThis.fetch;

  constructor() {
    globalThis.fetch = async (input, init) => {
      this.read(init?.body);
      const response = await this.fetch(input, init);
      for (const line of response.headers.getSetCookie()) this.keep(/^[^=]+=([^;]*)/.exec(line)?.[1]);
      this.read(await response.clone().text());
      return response;
    };
  }

  /** Those that stand in a text. */
  foundIn(text: string): readonly string[] {
    return [...this.secrets].filter((secret) => text.includes(secret));
  }

  close(): void {
    globalThis.fetch = this.fetch;
  }

  /** Notes something else that must not be found. */
  keep(secret: string | undefined): void {
    // Shorter ones stand in any text.
    if (secret !== undefined && secret.length >= 6) this.secrets.add(secret);
  }

  private read(body: unknown): void {
    if (typeof body !== 'string' || body === '') return;
    try {
      this.look(JSON.parse(body));
    } catch {
      for (const [name, value] of new URLSearchParams(body)) if (SECRET.test(name)) this.keep(value);
    }
  }

  private look(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'string' && SECRET.test(name)) this.keep(member);
      else this.look(member);
    }
  }
}
