/** `pebble queries`: what each query did, for a script or a report. */
import { Attribution } from '../../collect/attribution/index.ts';
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import { measureQueries, watchQueries } from '../queries/watch.ts';
import type { WATCH_OPTIONS } from '../table.ts';

const DEFAULT_MS = 10_000;

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const attribution = await Attribution.start(options.pgdata === undefined ? {} : { pgdata: options.pgdata });
  try {
    const { json, interval: intervalMs, duration: durationMs } = options;
    const shared = { attribution, context: { ...context, terminal: false }, json, intervalMs };
    if (intervalMs === undefined) await measureQueries({ ...shared, durationMs: durationMs ?? DEFAULT_MS });
    else await watchQueries({ ...shared, durationMs });
  } finally {
    attribution.close();
  }
  return undefined;
}
