/** `pebble io`: what each query asks of block devices. */
import { IoRows } from '../../collect/attribution/index.ts';
import { chooser, tellNothing } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import { printIo } from '../depth/io.ts';
import { measure } from '../depth/measure.ts';
import { printHeader, printNdjson } from '../depth/print.ts';
import type { Parsed } from '../options.ts';
import type { IO_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof IO_OPTIONS>, context: Context): Promise<Exit> {
  const { json } = options;
  await measure(options, { signals: ['io'] }, (measured) => {
    const { before, after, io } = measured;
    const rows = new IoRows({ totals: before, io: io.before })
      .advance({ totals: after, io: io.after })
      .filter(chooser(options));
    tellNothing(rows, options);
    if (json) return printNdjson(rows);
    printHeader(measured, rows);
    printIo(rows, context);
  });
  return undefined;
}
