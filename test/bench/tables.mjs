import { median } from '../support/two-samples.mjs';
import { BARE } from './cases.mjs';

/** Below this share of a CPU something else than the server was the bottleneck. */
const BUSY = 0.9;

/**
 * What requests take in each case, for each adapter a table.
 * @param {Map<object, object[]>} figures
 */
export function requestTables(figures) {
  const adapters = [...new Set([...figures.keys()].map(({ one }) => one.adapter))];
  return adapters.map((adapter) =>
    requestTable(
      adapter,
      [...figures].filter(([{ one }]) => one.adapter === adapter),
    ),
  );
}

function requestTable(adapter, cases) {
  const [, bare] = cases.find(([{ one }]) => one.name === BARE);
  const heads = [
    'case',
    'of bare',
    'min-max',
    'by CPU',
    'requests/s',
    'CPU µs',
    'Redis commands',
    'SQL',
    'p50 ms',
    'p99 ms',
    'server busy',
    'generator busy',
  ];
  const rows = cases.map(([{ one }, rounds]) => {
    const ratios = rounds.map(({ perSecond }, round) => perSecond / bare[round].perSecond);
    const of = (figure) => median(rounds.map((round) => round[figure]));
    const busy = of('busy');
    return [
      one.name,
      decimal(median(ratios), 2),
      `${decimal(Math.min(...ratios), 2)}-${decimal(Math.max(...ratios), 2)}`,
      decimal(median(rounds.map(({ cpu }, round) => bare[round].cpu / cpu)), 2),
      whole(of('perSecond')),
      decimal(of('cpu'), 1),
      commandsOf(rounds),
      one.store === 'sql' ? decimal(of('statements'), 2) : '',
      decimal(of('p50'), 2),
      decimal(of('p99'), 2),
      `${whole(busy * 100)} %${busy < BUSY ? ' †' : ''}`,
      `${whole(of('generatorBusy') * 100)} %`,
    ];
  });
  return table(`One authenticated GET on ${adapter}`, heads, rows);
}

/** Those of the middle round, by name. What other connections do now and then is not seen in two digits. */
function commandsOf(rounds) {
  const names = new Set(rounds.flatMap(({ commands }) => [...commands.keys()]));
  const middle = [...names].map((name) => [name, median(rounds.map(({ commands }) => commands.get(name) ?? 0))]);
  const told = middle.filter(([, count]) => count >= 0.005);
  if (told.length === 0) return '0';
  const sum = told.reduce((all, [, count]) => all + count, 0);
  return `${decimal(sum, 2)} (${told.map(([name]) => name).join(', ')})`;
}

/** A Markdown table: the first column is words, the others are figures. */
export function table(title, heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const aligned = heads.map((_, at) => (at === 0 ? '---' : '---:'));
  return [`${title}:`, '', line(heads), line(aligned), ...rows.map(line), ''].join('\n');
}

export function whole(number) {
  return Math.round(number).toLocaleString('en');
}

export function decimal(number, digits) {
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
