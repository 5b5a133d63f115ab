import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

// Lets a process of its own run TypeScript as Jest runs it, by the same compiler and settings (.swcrc), and so the library's source
// rather than a build that may be old: node --conditions=hybrid-session-src --import ./typescript.mjs program.ts

const isOwnSource = (url) => url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');

/** Relative imports end in `.js`, as the compiled files will. */
export async function resolve(specifier, context, next) {
  const isRelative = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL && isOwnSource(context.parentURL);
  return next(isRelative ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!isOwnSource(url)) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { filename, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}

register(import.meta.url);
