import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** All Markdown that a reader of this repository, or of its packages, is given. */
export async function documents(): Promise<string[]> {
  const inDocs = (await readdir(`${root}docs`, { recursive: true })).filter((file) => file.endsWith('.md'));
  return ['README.md', 'libs/session/README.md', 'libs/client/README.md', ...inDocs.map((file) => `docs/${file}`)];
}

/** One of them. */
export const textOfDocument = (file: string) => readFile(join(root, file), 'utf8');

/** A fenced block of TypeScript, and what the invisible comment before it says. */
export interface CodeBlock {
  /** Where it begins: `README.md:76`. */
  readonly place: string;
  readonly code: string;
  /** Names that the block takes for granted, declared. */
  readonly given: string;
  /** Whether what follows the imports are members of a class. */
  readonly inClass: boolean;
}

const BLOCK = /(?:<!-- given( in a class)?:?\s*(.*?)\s*-->\s*)?^( *)```ts\n(.*?)^ *```$/gms;

/** The blocks of TypeScript in a document. */
export function codeBlocks(file: string, text: string): CodeBlock[] {
  return [...text.matchAll(BLOCK)].map((match) => {
    const [whole, inClass, given = '', indentation = '', indented = ''] = match;
    const code = indented.replaceAll(new RegExp(`^${indentation}`, 'gm'), '');
    const line = text.slice(0, match.index + whole.indexOf('```ts')).split('\n').length;
    return { place: `${file}:${line}`, code, given, inClass: inClass !== undefined };
  });
}

/** Packages whose exports a block need not import: a reader's editor does it. */
const KNOWN = [
  '@nestjs/common',
  '@nestjs/core',
  'nestjs-hybrid-session',
  'nestjs-hybrid-session/redis',
  'nestjs-hybrid-session/typeorm',
  'nestjs-hybrid-session/testing',
  'redis',
  'typeorm',
];

/** What the compiler says about blocks of code, each a module of its own, as `place: message`. */
export function compile(blocks: readonly CodeBlock[]): string[] {
  const options = compilerOptions();
  const exported = exportsOf(KNOWN, options);
  // What is declared for a whole program is none of the other blocks' business.
  const isAlone = ({ code }: CodeBlock) => code.includes('declare module');
  const together = blocks.filter((block) => !isAlone(block));
  return [together, ...blocks.filter(isAlone).map((block) => [block])].flatMap((group) => compileGroup(group, options, exported));
}

function compileGroup(blocks: readonly CodeBlock[], options: ts.CompilerOptions, exported: Exported): string[] {
  const files = new Map(blocks.map((block, index) => [join(root, `block-${index}.ts`), moduleOf(block, exported)]));
  const places = new Map([...files.keys()].map((file, index) => [file, blocks[index]?.place]));
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options));
  return [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const faults = source ? [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)] : [];
    return faults.map(({ messageText }) => `${places.get(file)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

/** As the compiler of a host is set, which sees what was built. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    readonly config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: undefined }, ts.sys, root);
  const lib = ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'];
  return { ...options, lib, noEmit: true, customConditions: [], noUncheckedIndexedAccess: false, verbatimModuleSyntax: false };
}

/** Files of packages, parsed once for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function hostWith(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    readFile: (file) => files.get(file) ?? ts.sys.readFile(file),
    fileExists: (file) => files.has(file) || ts.sys.fileExists(file),
    getSourceFile: (file, target) => {
      const text = files.get(file);
      if (text !== undefined) return ts.createSourceFile(file, text, target);
      if (!parsed.has(file)) parsed.set(file, host.getSourceFile(file, target));
      return parsed.get(file);
    },
  };
}

/** How a name is imported from the first package that exports it. */
type Exported = ReadonlyMap<string, string>;

function exportsOf(packages: readonly string[], options: ts.CompilerOptions): Exported {
  const probe = join(root, 'probe.ts');
  const text = packages.map((name, index) => `import * as p${index} from '${name}';\nvoid p${index};`).join('\n');
  const program = ts.createProgram([probe], options, hostWith(new Map([[probe, text]]), options));
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const statement of program.getSourceFile(probe)?.statements ?? []) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const module = checker.getSymbolAtLocation(statement.moduleSpecifier);
    for (const symbol of module ? checker.getExportsOfModule(module) : []) {
      const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const kind = original.flags & ts.SymbolFlags.Value ? '' : 'type ';
      const line = `import ${kind}{ ${symbol.name} } from '${statement.moduleSpecifier.text}';`;
      if (!found.has(symbol.name)) found.set(symbol.name, line);
    }
  }
  return found;
}

const IMPORT = /^import .*?;(?: \/\/[^\n]*)?$/gms;
const NAME = /\b[A-Za-z]\w+\b/g;

function moduleOf({ code, given, inClass }: CodeBlock, exported: Exported): string {
  const text = `${given}\n${code}`;
  const own = new Set([
    ...[...text.matchAll(IMPORT)].flatMap(([line]) => line.replace(/\/\/.*/, '').match(NAME) ?? []),
    ...[...text.matchAll(/\b(?:class|const|let|function|interface|type) (\w+)/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/\bconst \{ ([\w, ]+) \}/g)].flatMap(([, names = '']) => names.split(', ')),
  ]);
  const used = new Set(
    text
      .replace(/\/\/.*$/gm, '')
      .replace(/'[^']*'/g, "''")
      .match(NAME),
  );
  const imports = [...used].flatMap((name) => (own.has(name) ? [] : (exported.get(name) ?? [])));
  // What a block imports from a file of the reader's is declared in its comment.
  const ownImports = [...code.matchAll(IMPORT)].flatMap(([line]) => (/ from '\./.test(line) ? [] : [line]));
  const body = code.replace(IMPORT, '');
  return [...imports, ...ownImports, given, inClass ? `class Example {\n${body}\n}` : body, 'export {};'].join('\n');
}
