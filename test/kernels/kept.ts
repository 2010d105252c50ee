/** Reports that are kept in test/kernels/generated, one a column, and merged with what is run anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Column } from './document.ts';
import { KERNELS } from './kernels.ts';
import { merged, type Report } from './report.ts';

/** The name of the column that is this machine. */
export const HOST = 'host' as const;

const keptAt = (name: string): string => join(import.meta.dirname, 'generated', `${name}.json`);

export function keep(report: Report): void {
  writeFileSync(keptAt(report.name), `${JSON.stringify(merged(report, read(report.name)), undefined, 1)}\n`);
}

/** In the order of the table, the host first; what was never run is left out. */
export function keptColumns(): Column[] {
  const host = read(HOST);
  const others = KERNELS.flatMap((kernel) => {
    const report = read(kernel.name);
    return report === undefined ? [] : [{ report, kernel }];
  });
  return host === undefined ? others : [{ report: host }, ...others];
}

function read(name: string): Report | undefined {
  const path = keptAt(name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined;
}
