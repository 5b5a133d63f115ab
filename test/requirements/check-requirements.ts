import type { Requirement } from './requirements-table.js';

/** What of the repository a table of requirements can name. */
export interface Repository {
  /** The titles of the tests in a file, by the short name that the table uses; `undefined` when there is no such file, or it does not run. */
  titles(file: string): ReadonlySet<string> | undefined;
  /** Whether there is a file or folder of that path. */
  has(path: string): boolean;
  /** Every option and variable that can be set. */
  readonly settings: ReadonlySet<string>;
}

const SHOWN = new Set(['met', 'partly']);
const UNSHOWN = new Set(['open', 'host', 'not offered']);
const PATH = /^[\w.-]+\/[\w./-]*$/;

/** Everything that is wrong with a table, in words. Empty when every requirement is there, and is shown by what exists. */
export function faultsOf(requirements: readonly Requirement[], demanded: readonly string[], repository: Repository): string[] {
  const ids = requirements.map(({ id }) => id);
  return [
    ...demanded.filter((id) => !ids.includes(id)).map((id) => `${id} is missing`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} stands twice`),
    ...requirements.flatMap((requirement) =>
      [...answerFaults(requirement), ...testFaults(requirement, repository), ...nameFaults(requirement, repository)].map(
        (fault) => `${requirement.id} (line ${requirement.line}): ${fault}`,
      ),
    ),
  ];
}

function answerFaults({ answer, how, setting, tests }: Requirement): string[] {
  if (!SHOWN.has(answer) && !UNSHOWN.has(answer)) return [`"${answer}" is no answer`];
  if (SHOWN.has(answer) && tests.length === 0) return [`is said to be ${answer}, and no test is named`];
  return how === '–' && (UNSHOWN.has(answer) || setting === '–') ? ['says nothing of how, or why not'] : [];
}

function testFaults({ tests }: Requirement, repository: Repository): string[] {
  return tests.flatMap(({ file, title }) => {
    const titles = repository.titles(file);
    if (!titles) return [`no spec called ${file} runs`];
    return titles.has(title) ? [] : [`${file} has no test called "${title}"`];
  });
}

function nameFaults({ how, setting }: Requirement, repository: Repository): string[] {
  const named = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return [
    ...named(how)
      .filter((name) => PATH.test(name) && !repository.has(name))
      .map((path) => `there is no ${path}`),
    ...named(setting)
      .filter((name) => !repository.settings.has(name))
      .map((name) => `there is no setting ${name}`),
  ];
}
