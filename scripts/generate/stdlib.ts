/** Writes src/lang/stdlib/texts.ts from the library's .bt files: the compiler itself reads no files. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const FOLDER = new URL('../../src/lang/stdlib/', import.meta.url);
const OUTPUT = new URL('texts.ts', FOLDER);

export function stdlibTexts(): string {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.bt'));
  const rows = names.sort().map((name) => `  '${name}': ${template(readFileSync(new URL(name, FOLDER), 'utf8'))},\n`);
  return [
    '/** The texts of the library, by file. Generated from the .bt files beside it by scripts/generate/stdlib.ts. */\n',
    'export const TEXTS: Readonly<Record<string, string>> = {\n',
    ...rows,
    '};\n',
  ].join('');
}

const template = (text: string): string => `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;

if (import.meta.main) writeFileSync(OUTPUT, stdlibTexts());
