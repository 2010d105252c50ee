/** Writes docs/language/reference.md from the compiler's own tables: `node scripts/generate/language-reference.ts`. */
import { writeFileSync } from 'node:fs';
import { createLibrary } from '../../src/lang/builtins/index.ts';
import { DECLARED_TYPES } from '../../src/lang/lower/map-plan.ts';
import { CONFIG_OPTIONS } from '../../src/lang/passes/config-options.ts';
import { PROBE_KINDS } from '../../src/lang/probes/index.ts';
import { TEXTS } from '../../src/lang/stdlib/texts.ts';

export const REFERENCE = new URL('../../docs/language/reference.md', import.meta.url);

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function probes(): string {
  const rows = PROBE_KINDS.map(({ names, usage, doc }) => [names.map(code).join(', '), usage.map(code).join(' '), doc]);
  return table(['probe', 'written', 'what it is'], rows);
}

/** Rows of the library whose signature says that they are of this kind. */
function words(isOfKind: (signature: string) => boolean): string {
  const rows = createLibrary()
    .rows()
    .filter(({ signature }) => isOfKind(signature))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return table(
    ['name', 'signature', 'what it is'],
    rows.map(({ name, signature, doc }) => [code(name), code(signature), doc]),
  );
}

const isAggregate = (signature: string): boolean => signature.startsWith('@');
const isFunction = (signature: string): boolean => signature.includes('(') && !isAggregate(signature);

/** The comment over each macro says what it gives; one comment may stand over several of one name. */
function macros(): string {
  const rows = Object.values(TEXTS).flatMap((text) =>
    [...text.matchAll(/((?:^\/\/ .*\n)+)(?:^macro ([^\n{]+))/gm)].map(([, comment, head]) => [
      code(head!.trim()),
      comment!
        .replaceAll(/^\/\/ ?/gm, '')
        .replaceAll('\n', ' ')
        .trim(),
    ]),
  );
  return table(['macro', 'what it gives'], rows);
}

function maps(): string {
  const rows = Object.entries(DECLARED_TYPES).map(([name, { doc }]) => [code(name), doc]);
  return table(['kind', 'what it keeps'], rows);
}

export function reference(): string {
  return `# Language reference

Made from the compiler's tables by scripts/generate/language-reference.ts. The language is bpftrace's (v0.26.1) with additions;
[tutorial.md](tutorial.md) introduces it, [postgres.md](postgres.md) has what it knows of PostgreSQL.

## Probes

${probes()}

## Builtins

${words((signature) => !isFunction(signature) && !isAggregate(signature))}

## Functions

\`const\` arguments must be known when the script is compiled; those in brackets may be left out.

${words(isFunction)}

## Aggregations

Each CPU keeps its own value; they are merged when the map is read.

${words(isAggregate)}

## Kinds of maps

A map that is only used is a hash of \`max_map_keys\` entries, or, without keys, one value. \`let @m = kind(entries);\` at the top of a script says otherwise.

${maps()}

## Macros of the library

Written in the language itself.

${macros()}

## Configuration

\`config = { name = value; }\` at the top of a script, or \`BPFTRACE_NAME=value\` in the environment:
${Object.keys(CONFIG_OPTIONS)
  .toSorted()
  .map((name) => code(name))
  .join(', ')}.
`;
}

if (import.meta.main) writeFileSync(REFERENCE, reference());
