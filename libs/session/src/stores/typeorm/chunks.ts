/** The values in groups of at most `size`: engines limit how many one statement takes. */
export function chunksOf<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) => values.slice(at * size, (at + 1) * size));
}

/** A parameter for each of the values, as a list in SQL. */
export function marks(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
