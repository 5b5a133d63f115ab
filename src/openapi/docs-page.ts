import { html, type Markup } from '../pages/html.js';
import { publicPage } from '../pages/layout.js';
import type { OpenApiDocument } from './document.js';

/** One row of the page. */
interface Row {
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
}

/** The document for people: a plain page, which needs no script and no style of its own. */
export function docsPage(document: OpenApiDocument): string {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, tags }]): Row => {
      const [tag] = Array.isArray(tags) ? tags.map(String) : [];
      return { path, method: method.toUpperCase(), summary: String(summary), tag: tag ?? '' };
    }),
  );
  return publicPage(
    'Routes',
    html`<h1>Routes</h1>
<p>For programs: <a href="/docs/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${[...new Set(rows.map(({ tag }) => tag))].map((tag) =>
  section(
    tag,
    rows.filter((row) => row.tag === tag),
  ),
)}`,
  );
}

function section(tag: string, rows: readonly Row[]): Markup {
  return html`<h2>${tag}</h2>
<ul>
${rows.map(({ method, path, summary }) => html`<li><code>${method} ${path}</code><br>${summary}</li>\n`)}
</ul>
`;
}
