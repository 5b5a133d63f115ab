/** One row of docs/asvs.md. */
export interface Requirement {
  readonly id: string;
  readonly answer: string;
  readonly how: string;
  readonly setting: string;
  /** The tests that are named, as `file › title`; what stands there otherwise is not one of them. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly line: number;
}

/** The rows of every table whose head begins with `id`. */
export function requirementsOf(document: string): Requirement[] {
  const found: Requirement[] = [];
  let head: readonly string[] = [];
  for (const [index, text] of document.split('\n').entries()) {
    const cells = text.startsWith('|')
      ? text
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : [];
    if (cells.length === 0 || cells[0] === 'id') head = cells;
    else if (head.length > 0 && !/^-+$/.test(cells[0] ?? '')) found.push(requirement(head, cells, index + 1));
  }
  return found;
}

function requirement(head: readonly string[], cells: readonly string[], line: number): Requirement {
  if (cells.length !== head.length)
    throw new Error(`docs/asvs.md:${line} has ${cells.length} cells under a head of ${head.length}: a | in a cell?`);
  const cell = (name: string) => cells[head.indexOf(name)] ?? '';
  const tests = [...cell('shown by').matchAll(/`([^`]+?) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({ file, title }));
  return { id: cell('id'), answer: cell('answer'), how: cell('how'), setting: cell('setting'), tests, line };
}
