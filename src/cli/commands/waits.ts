/** `pebble waits`: what each query and each background process waited for. */
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { WATCH_OPTIONS } from '../table.ts';
import { observe } from '../watch/observer.ts';
import { measure } from '../watch/watch.ts';
import { watchedWaits } from '../watch/watched.ts';

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const { json, interval: intervalMs, duration: durationMs } = options;
  const observer = await observe(options);
  try {
    await measure({
      watched: watchedWaits(observer, json, options),
      context: { ...context, terminal: false },
      json,
      intervalMs,
      durationMs,
      choice: options,
    });
  } finally {
    observer.close();
  }
  return undefined;
}
