/** `pebble wal`: what commits wait for. */
import { CommitRows } from '../../collect/attribution/index.ts';
import { chooser, tellNothing } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import { measure } from '../depth/measure.ts';
import { printNdjson } from '../depth/print.ts';
import { printWal } from '../depth/wal.ts';
import type { Parsed } from '../options.ts';
import type { WAL_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof WAL_OPTIONS>, context: Context): Promise<Exit> {
  const { json } = options;
  await measure(options, { signals: [] }, ({ before, after }) => {
    const rows = new CommitRows(before).advance(after).filter(chooser(options));
    tellNothing(rows, options);
    if (json) printNdjson(rows);
    else printWal(rows, context);
  });
  return undefined;
}
