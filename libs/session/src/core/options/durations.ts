/** Durations for options: every duration of this library is a whole number of milliseconds. */
export const seconds = (n: number): number => Math.round(n * 1000);
/** Minutes in milliseconds. */
export const minutes = (n: number): number => Math.round(n * 60_000);
/** Hours in milliseconds. */
export const hours = (n: number): number => Math.round(n * 3_600_000);
/** Days in milliseconds. */
export const days = (n: number): number => Math.round(n * 86_400_000);
