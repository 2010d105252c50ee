/** The part of the library that is written in the language itself: which text defines which macro. */
import type { Source } from '../diagnostics/index.ts';
import { TEXTS } from './texts.ts';

/** By the macro's name; parsed only where a script uses it. */
export function standardLibrary(): ReadonlyMap<string, Source> {
  const found = new Map<string, Source>();
  for (const [file, text] of Object.entries(TEXTS)) {
    const source = { name: `stdlib/${file}`, text };
    for (const [, name] of text.matchAll(/^macro (\w+)/gm)) found.set(name!, source);
  }
  return found;
}
