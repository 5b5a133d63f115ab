import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An option as the types have it. */
export interface DeclaredOption {
  /** `cookie.name`, or `clients[].id` where it is one of a list. */
  readonly path: string;
  /** Its comment. */
  readonly comment: string;
}

const { exports } = JSON.parse(readFileSync(join(root, 'libs/session/package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly 'hybrid-session-src': string }>>;
};

/** The entry points of the library, as sources. */
const ENTRIES = Object.values(exports).flatMap((entry) =>
  typeof entry === 'string' ? [] : [join('libs/session', entry['hybrid-session-src'])],
);

let compiled: ts.Program | undefined;

/** All of the library, read once. */
function library(): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    readonly config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: undefined }, ts.sys, root);
  compiled ??= ts.createProgram(
    ENTRIES.map((entry) => join(root, entry)),
    { ...options, noEmit: true },
  );
  return compiled;
}

function exportsOf(entry: string): readonly ts.Symbol[] {
  const source = library().getSourceFile(join(root, entry));
  const checker = library().getTypeChecker();
  const module = source && checker.getSymbolAtLocation(source);
  return module ? checker.getExportsOfModule(module) : [];
}

/** Everything that the entry points export under a name of options. */
export function optionTypes(): string[] {
  return ENTRIES.flatMap((entry) => exportsOf(entry).flatMap(({ name }) => (/^[A-Z]\w*Options$/.test(name) ? [name] : [])));
}

/** The options that exported interfaces declare: members of members, down to what the library does not declare. */
export function declaredOptions(entry: string, names: readonly string[]): DeclaredOption[] {
  const checker = library().getTypeChecker();
  return names.flatMap((name) => {
    const symbol = exportsOf(entry).find((one) => one.name === name);
    if (!symbol) throw new Error(`${entry} exports no ${name}.`);
    const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return membersOf(checker, checker.getDeclaredTypeOfSymbol(original), '');
  });
}

function membersOf(checker: ts.TypeChecker, type: ts.Type, prefix: string): DeclaredOption[] {
  return checker.getPropertiesOfType(type).flatMap((member) => {
    const path = prefix + member.name;
    const comment = ts.displayPartsToString(member.getDocumentationComment(checker));
    const own = { path, comment };
    const parts = partsOf(checker.getTypeOfSymbol(member));
    const lists = parts.filter((part) => checker.isArrayType(part));
    const item = lists[0] && checker.getTypeArguments(lists[0] as ts.TypeReference)[0];
    if (item && isGroup(checker, item)) return membersOf(checker, item, `${path}[].`);
    const group = parts.find((part) => isGroup(checker, part));
    if (!group) return [own];
    const isAlsoWord = parts.some((part) => part.isStringLiteral());
    return [...(isAlsoWord ? [own] : []), ...membersOf(checker, group, `${path}.`)];
  });
}

function partsOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

/** Whether a type is options in its turn: an object whose members the library declares, and no class, function or record of anything. */
function isGroup(checker: ts.TypeChecker, type: ts.Type): boolean {
  if (!(type.flags & ts.TypeFlags.Object) || checker.isArrayType(type)) return false;
  if (type.symbol && type.symbol.flags & ts.SymbolFlags.Class) return false;
  if (type.getCallSignatures().length > 0 || checker.getIndexInfosOfType(type).length > 0) return false;
  const members = checker.getPropertiesOfType(type);
  const isOptional = (member: ts.Symbol) => (member.flags & ts.SymbolFlags.Optional) !== 0;
  if (members.some((member) => !isOptional(member) && checker.getTypeOfSymbol(member).getCallSignatures().length > 0))
    return false;
  return members.every((member) => (member.declarations ?? []).every(isOurs));
}

function isOurs(declaration: ts.Declaration): boolean {
  return !declaration.getSourceFile().fileName.includes('/node_modules/');
}
