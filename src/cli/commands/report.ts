/** `pebble report`: what dominated a range of time, from history. */
import { loadConfiguration, report } from '../../agent/index.ts';
import { openStore } from '../../store/index.ts';
import { noPaint, sgrPaint } from '../../terminal/index.ts';
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import { earlierRange, rangeOf } from '../report/range.ts';
import { reportText } from '../report/text.ts';
import type { REPORT_OPTIONS } from '../table.ts';

const DEFAULT_TOP = 20;

export async function run({ options }: Parsed<typeof REPORT_OPTIONS>, context: Context): Promise<Exit> {
  const range = rangeOf(options, Date.now());
  const compareWith = options.compare === undefined ? undefined : earlierRange(options.compare, range);
  const url = options.store ?? loadConfiguration(options.config, {}).store;
  const store = await openStore(url, { readOnly: true });
  try {
    const where = {
      ...(options.pgdata !== undefined && { cluster: options.pgdata }),
      ...(options.host !== undefined && { host: options.host }),
    };
    const rows = await report(store, { range, compareWith, where, top: options.top ?? DEFAULT_TOP });
    if (options.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
    else {
      const paint = context.color ? sgrPaint : noPaint;
      process.stdout.write(reportText(rows, { width: process.stdout.columns ?? 160, paint }));
    }
  } finally {
    await store.close();
  }
  return undefined;
}
