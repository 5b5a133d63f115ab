/** Where the views of the console are. */
export const OVERVIEW = '/console';
export const PEOPLE = '/console/people';
export const TRAIL = '/console/trail';
export const SESSIONS = '/console/sessions';

/** What the views listen to. */
export const LIVE = '/admin/live';

/** Where a person is. */
export function personAddress(id: string): string {
  return `${PEOPLE}/${encodeURIComponent(id)}`;
}

/** Where the life of a session is told. */
export function sessionAddress(id: string): string {
  return `${SESSIONS}/${encodeURIComponent(id)}`;
}

/** An address with a query, without what is empty in it. */
export function withQuery(address: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? address : `${address}?${new URLSearchParams(given).toString()}`;
}
