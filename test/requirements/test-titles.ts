import ts from 'typescript';

/**
 * The titles of all `it` and `it.each` in a spec, and of the groups that hold one, as they are written there: `%s` and `${…}`
 * stay what they are. What is skipped, alone or with its group, or still to be written, is none.
 */
export function testTitlesOf(text: string): ReadonlySet<string> {
  const source = ts.createSourceFile('spec.ts', text, ts.ScriptTarget.Latest, true);
  const titles = new Set<string>();
  /** Adds what stands in a node; whether there was a test. */
  const visit = (node: ts.Node): boolean => {
    if (ts.isCallExpression(node) && isSkipped(node.expression)) return false;
    let found = ts.isCallExpression(node) && isCallOf('it', node.expression);
    const isGroup = ts.isCallExpression(node) && isCallOf('describe', node.expression);
    ts.forEachChild(node, (child) => {
      found = visit(child) || found;
    });
    if (ts.isCallExpression(node) && found && (isGroup || isCallOf('it', node.expression))) add(titles, node.arguments[0]);
    return found;
  };
  visit(source);
  return titles;
}

function add(titles: Set<string>, title: ts.Expression | undefined): void {
  if (title && ts.isStringLiteralLike(title)) titles.add(title.text);
  else if (title && ts.isTemplateExpression(title)) titles.add(title.getText().slice(1, -1));
}

/** `describe.skip`, `it.skip.each(…)` and the like: nothing that stands in them runs. */
function isSkipped(callee: ts.Expression): boolean {
  if (ts.isCallExpression(callee)) return isSkipped(callee.expression);
  return ts.isPropertyAccessExpression(callee) && (callee.name.text === 'skip' || isSkipped(callee.expression));
}

/** `it`, or what `it.each(…)` gives; not `it.skip`, nor any other that runs nothing. The same for `describe`. */
function isCallOf(name: 'it' | 'describe', callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === name;
  if (!ts.isCallExpression(callee) || !ts.isPropertyAccessExpression(callee.expression)) return false;
  const { expression, name: member } = callee.expression;
  return ts.isIdentifier(expression) && expression.text === name && member.text === 'each';
}
