/** `pebble wal`: what commits wait for. */
import { CommitRows } from '../../collect/attribution/index.ts';
import { chooser, tellNothing } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import { measure } from '../depth/measure.ts';
import { printHeader, printNdjson } from '../depth/print.ts';
import { printWal } from '../depth/wal.ts';
import type { Parsed } from '../options.ts';
import type { WAL_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof WAL_OPTIONS>, context: Context): Promise<Exit> {
  const { json } = options;
  await measure(options, { signals: [] }, (measured) => {
    const { before, after } = measured;
    const rows = new CommitRows(before).advance(after).filter(chooser(options));
    tellNothing(rows, options);
    if (json) return printNdjson(rows);
    printHeader(measured, rows);
    printWal(rows, context);
  });
  return undefined;
}
