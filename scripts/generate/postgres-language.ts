/** Writes the tables of docs/language/postgres.md from those of the provider: `node scripts/generate/postgres-language.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ALL_FIELDS } from '../../src/postgres/tracing/library.ts';
import { PROBES } from '../../src/postgres/tracing/probes.ts';

export const PAGE = new URL('../../docs/language/postgres.md', import.meta.url);

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const TABLES: Readonly<Record<string, () => string[]>> = {
  probes: () => [
    row('probe', 'fires when', 'args'),
    row('---', '---', '---'),
    ...PROBES.map(({ name, doc, arguments: args }) =>
      row(`\`pg:${name}\``, doc, args.map((field) => `\`${field.type} ${field.name}\`: ${field.doc}`).join(' ')),
    ),
  ],
  fields: () => [
    row('builtin', 'type', 'what it is'),
    row('---', '---', '---'),
    ...ALL_FIELDS.map(({ name, type, doc }) => row(`\`pg.${name}\``, type, doc)),
  ],
};

/** The page with its tables made anew: each stands between two comments. */
export function withTables(page: string): string {
  return page.replace(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => [start.trimEnd(), ...TABLES[name]!(), end].join('\n'),
  );
}

if (import.meta.main) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')));
