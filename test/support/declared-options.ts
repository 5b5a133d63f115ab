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

/** The options that exported interfaces declare: members of members, down to what the library does not declare. */
export function declaredOptions(entry: string, names: readonly string[]): DeclaredOption[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    readonly config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: undefined }, ts.sys, root);
  const program = ts.createProgram([join(root, entry)], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(root, entry));
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return names.flatMap((name) => {
    const symbol = exported.find((one) => one.name === name);
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
