import { readFileSync } from 'node:fs';

/** Reads what stands beside this file, once: the build copies it along. */
function asset(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
}

/** The style of all pages. */
export const SITE_CSS = asset('site.css');

/** The script of all pages: a constant, with nobody's data in it. */
export const SITE_JS = asset('site.js');

/** The sign of the application, for the tab. */
export const SITE_ICON = asset('icon.svg');
