const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Markup that is safe to send: made by {@link html} only. */
export class Markup {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: texts are escaped, markup is not; `false` and `undefined` stand for nothing. */
export type Insert = string | number | false | Markup | readonly Markup[] | undefined;

/** Builds markup. Whatever is inserted is escaped, so that no user name or device label can become a tag. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + rendered(inserts[i - 1]) + part));
}

/** A text that somebody has chosen, such as a name: it neither turns the words beside it round, nor passes for one of them. */
export function chosen(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

function rendered(insert: Insert): string {
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === 'object') return insert.join('');
  if (insert === undefined || insert === false) return '';
  return String(insert).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
