/** Asks a C compiler where the fields that Pebble reads lie in one PostgreSQL major, given its server headers. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELDS, type Layout, LIMITED_FIELDS, type StructName } from '../../src/postgres/layout/fields.ts';

export type Offsets = Pick<Layout, 'sizes' | 'offsets'>;

/** In this order: some of the headers need the ones before. */
const HEADERS = [
  'postgres.h',
  'miscadmin.h',
  'pgstat.h',
  'storage/proc.h',
  'storage/lock.h',
  'storage/lwlock.h',
  'libpq/libpq-be.h',
  'executor/execdesc.h',
  'executor/instrument.h',
  'nodes/plannodes.h',
  'nodes/parsenodes.h',
  'nodes/execnodes.h',
  'utils/portal.h',
  'utils/plancache.h',
];

export function compileOffsets(major: number, includeDirs: readonly string[]): Offsets {
  const work = mkdtempSync(join(tmpdir(), 'pebble-offsets-'));
  try {
    const program = join(work, 'offsets');
    const include = includeDirs.map((dir) => `-I${dir}`);
    execFileSync('gcc', [...include, '-w', '-x', 'c', '-o', program, '-'], { input: source(major) });
    return JSON.parse(execFileSync(program, { encoding: 'utf8' }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A program that prints Offsets as JSON. */
function source(major: number): string {
  const structs = Object.keys(FIELDS) as StructName[];
  const sizes = structs.map((struct) => entry(struct, `sizeof(${struct})`));
  const offsets = structs.map((struct) => {
    const fields = fieldsOf(struct, major).map((field) => entry(field, `offsetof(${struct}, ${field})`));
    return `printf("%s\\"${struct}\\":{", comma); comma = ""; ${fields.join(' ')} printf("}"); comma = ",";`;
  });
  return `
${HEADERS.map((header) => `#include "${header}"`).join('\n')}
#include <stddef.h>
#undef printf
#include <stdio.h>
int main(void)
{
  const char *comma = "";
  printf("{\\"sizes\\":{");
  ${sizes.join('\n  ')}
  comma = "";
  printf("},\\"offsets\\":{");
  ${offsets.join('\n  ')}
  printf("}}");
  return 0;
}
`;
}

function entry(name: string, expression: string): string {
  return `printf("%s\\"${name}\\":%zu", comma, ${expression}); comma = ",";`;
}

function fieldsOf(struct: StructName, major: number): string[] {
  const limited: Readonly<Record<string, { since?: number; until?: number }>> =
    struct in LIMITED_FIELDS ? LIMITED_FIELDS[struct as keyof typeof LIMITED_FIELDS] : {};
  const present = Object.entries(limited).filter(
    ([, { since = 0, until = Number.POSITIVE_INFINITY }]) => since <= major && major <= until,
  );
  return [...FIELDS[struct], ...present.map(([field]) => field)];
}
