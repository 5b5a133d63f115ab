import { existsSync } from 'node:fs';

/** Adds the variables of a file to those of the process, which win; nothing where there is no file. @throws Error when it cannot be read */
export function loadEnvFile(file: string): void {
  if (!existsSync(file)) return;
  try {
    process.loadEnvFile(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Error(`${file} cannot be read as a file of variables${code}.`, { cause });
  }
}
