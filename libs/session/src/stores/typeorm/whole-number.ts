import type { ValueTransformer } from 'typeorm';

/** A whole number in a bigint column: PostgreSQL gives it back as text, other engines as a number. */
export const wholeNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown) => (value === null ? null : Number(value)),
};
