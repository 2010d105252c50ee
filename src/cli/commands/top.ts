/** `pebble top`: the queries of this host's PostgreSQL, live. */
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { WATCH_OPTIONS } from '../table.ts';
import { observe } from '../watch/observer.ts';
import { watch } from '../watch/watch.ts';
import { watchedQueries } from '../watch/watched.ts';

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const { json, interval: intervalMs, duration: durationMs } = options;
  const observer = await observe(options);
  try {
    const watched = watchedQueries(observer, options);
    return (await watch({ watched, context, json, intervalMs, durationMs, choice: options })) ? 130 : undefined;
  } finally {
    observer.close();
  }
}
