/** Writes exports/*.js: what `import … from 'pgpebble/bpf'` and the other entries of package.json run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

interface Entry {
  /** The source, which has the types. */
  readonly types: string;
  readonly default: string;
}

/** By what is imported: `./bpf/asm`. */
export function entries(): Readonly<Record<string, Entry>> {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, Entry> }).exports;
}

/** The files by their paths. */
export async function entryFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { types, default: file } of Object.values(entries())) {
    const names = Object.keys((await import(join(ROOT, types))) as object).sort();
    files.set(file, text(types.replace('./src/', ''), names));
  }
  return files;
}

/** No name of a module begins with a dollar. */
function text(source: string, names: readonly string[]): string {
  return `/** The entry of src/${source}; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('${source}');
${names.map((name) => `export const ${name} = $source.${name};\n`).join('')}`;
}

if (import.meta.main) for (const [file, content] of await entryFiles()) writeFileSync(join(ROOT, file), content);
