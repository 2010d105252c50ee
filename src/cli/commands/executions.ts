/** `pebble executions`: the slowest requests of each query, whole. */
import { chooser, tellNothing } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import { printExecutions } from '../depth/executions.ts';
import { measure } from '../depth/measure.ts';
import { printHeader, printNdjson } from '../depth/print.ts';
import type { Parsed } from '../options.ts';
import type { EXECUTIONS_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof EXECUTIONS_OPTIONS>, context: Context): Promise<Exit> {
  const { json } = options;
  await measure(options, { signals: ['executions', 'locks', 'resources', 'phases'], more: ['inner'] }, (measured) => {
    const { attribution, window } = measured;
    const rows = attribution.takeExecutions(window).filter(chooser(options));
    tellNothing(rows, options);
    if (json) return printNdjson(rows);
    printHeader(measured, rows);
    printExecutions(rows, context);
  });
  return undefined;
}
