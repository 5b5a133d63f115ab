/** What the sessions take, part by part. */
export function bytesTable(name, towns) {
  const parts = Object.keys(towns[0].bytes);
  const rows = towns.map(({ size, users, bytes }) => [size, users, ...parts.map((part) => bytes[part] / size)]);
  return table(`Bytes per session on ${name}`, ['sessions', 'users', ...parts], rows);
}

/** What they take by how many sessions each user has, and beside it what another store would. */
export function sharingTable(name, rows) {
  const heads = Object.keys(rows[0]);
  return table(
    `Bytes per session on ${name}, by sessions per user`,
    heads,
    rows.map((row) => Object.values(row)),
  );
}

/** What calls take by how many sessions there are, or one user has: each with its ratio to the first row. */
export function callTables(title, head, rows) {
  const kinds = Object.keys(rows[0].kinds);
  const of = (figure, digits) =>
    rows.map(({ size, kinds: found }) => [
      size,
      ...kinds.map((kind) => {
        const [value, first] = [found[kind][figure], rows[0].kinds[kind][figure]];
        return `${decimal(value, digits)} (×${decimal(value / first, 1)})`;
      }),
    ]);
  return [
    table(`Milliseconds of the middle call, ${title}`, [head, ...kinds], of('milliseconds', 2)),
    table(`Microseconds of the server's CPU per call, ${title}`, [head, ...kinds], of('serverMicroseconds', 0)),
  ].join('\n');
}

/** What calls write, and what passes. */
export function writesTables(name, { rows, passing }) {
  return [
    table(`Bytes that ${name} writes to its log per call`, ['call', 'bytes'], rows),
    table(
      `Bytes of what ${name} keeps for a while only`,
      ['what', 'bytes', 'kept for'],
      passing.map(({ name: what, bytes, lifetime }) => [what, bytes, lifetime]),
    ),
  ].join('\n');
}

/** How the room grows over a day. */
export function dayTables(name, touches, days) {
  const sizes = days.flatMap(({ label, size, morning, afternoon, night }) =>
    Object.keys(morning).map((part) => [label, part, ...[morning, afternoon, night].map((bytes) => bytes[part] / size)]),
  );
  const writes = days.flatMap(({ label, spans }) =>
    spans.map(({ hot, written }, at) => [
      label,
      at === 0 ? 'first' : 'later',
      ...(hot === undefined ? [] : [percent(hot)]),
      written,
    ]),
  );
  const heads = ['', 'part', 'new', `after ${touches} touches each`, 'after all have logged out and in again'];
  const inPlace = days[0].spans[0].hot === undefined ? [] : ['leave the indexes alone'];
  return [
    table(`Bytes per session on ${name} in a day`, heads, sizes),
    table(`Touches on ${name} in a day`, ['', 'touches', ...inPlace, 'bytes written to the log'], writes),
  ].join('\n');
}

/** How many refreshes a core can do. */
export function refreshTable(name, { application, store, perSecond }) {
  const heads = ['', 'microseconds of CPU per refresh', 'refreshes per second of one core'];
  const rows = [
    ['the application', application, 1_000_000 / application],
    [name, store, 1_000_000 / store],
    ['both together', application + store, 1_000_000 / (application + store)],
  ];
  const meanwhile = `Clients, application and store shared this machine: ${whole(perSecond)} refreshes per second by the clock.\n`;
  return [table(`Refreshes over HTTP with ${name}`, heads, rows), meanwhile].join('\n');
}

function table(title, heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const aligned = heads.map((_, at) => (typeof rows[0][at] === 'number' || /^\d/.test(rows[0][at]) ? '---:' : '---'));
  const written = rows.map((row) => line(row.map((cell) => (typeof cell === 'number' ? whole(cell) : cell))));
  return [`${title}:`, '', line(heads), line(aligned), ...written, ''].join('\n');
}

function whole(number) {
  return Math.round(number).toLocaleString('en');
}

function decimal(number, digits) {
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function percent(share) {
  return `${decimal(share * 100, 1)} %`;
}
