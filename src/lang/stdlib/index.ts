/** The part of the library that is written in the language itself: which text defines which macro. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Source } from '../diagnostics/index.ts';

let library: ReadonlyMap<string, Source> | undefined;

/** Read when first asked for, and kept: the texts are part of this package, not of the machine. */
export function standardLibrary(): ReadonlyMap<string, Source> {
  library ??= readAll();
  return library;
}

function readAll(): ReadonlyMap<string, Source> {
  const found = new Map<string, Source>();
  for (const file of readdirSync(import.meta.dirname)) {
    if (!file.endsWith('.bt')) continue;
    const source = { name: `stdlib/${file}`, text: readFileSync(`${import.meta.dirname}/${file}`, 'utf8') };
    for (const [, name] of source.text.matchAll(/^macro (\w+)/gm)) found.set(name!, source);
  }
  return found;
}
