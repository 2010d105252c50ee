/** `pebble top`: the queries of this host's PostgreSQL, live. */
import { Attribution } from '../../collect/attribution/index.ts';
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import { watchQueries } from '../queries/watch.ts';
import type { WATCH_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const attribution = await Attribution.start(options.pgdata === undefined ? {} : { pgdata: options.pgdata });
  try {
    const { json, interval: intervalMs, duration: durationMs } = options;
    return (await watchQueries({ attribution, context, json, intervalMs, durationMs })) ? 130 : undefined;
  } finally {
    attribution.close();
  }
}
