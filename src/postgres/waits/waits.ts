/** The data per major. */

import { PebbleError } from '../../base/errors.ts';
import { WAITS_13 } from './generated/13.ts';
import { WAITS_14 } from './generated/14.ts';
import { WAITS_15 } from './generated/15.ts';
import { WAITS_16 } from './generated/16.ts';
import { WAITS_17 } from './generated/17.ts';
import { WAITS_18 } from './generated/18.ts';
import type { WaitTable } from './table.ts';

const TABLES: Readonly<Record<number, WaitTable>> = {
  13: WAITS_13,
  14: WAITS_14,
  15: WAITS_15,
  16: WAITS_16,
  17: WAITS_17,
  18: WAITS_18,
};

export function waitTableOf(major: number): WaitTable {
  const table = TABLES[major];
  if (table) return table;
  throw new PebbleError('unsupported', {
    doing: `naming wait events of PostgreSQL ${major}`,
    what: `only those of ${Object.keys(TABLES).join(', ')} are known`,
    hint: 'docs/adding-a-postgresql-major.md says how to add one',
  });
}
