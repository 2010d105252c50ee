/** `pebble locks`: who waits for a lock, and for whom. */
import type { LockRow } from '../../api/index.ts';
import { Attribution, type AttributionOptions, asMuchAsTaken, LockRows } from '../../collect/attribution/index.ts';
import { chosenServers, lockChooser } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { WATCH_OPTIONS } from '../table.ts';
import { headerLines } from '../watch/header.ts';
import { LOCK_VIEW, lockHeader } from '../watch/lock-view.ts';
import { measure, type Watched } from '../watch/watch.ts';

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const { json, interval: intervalMs, duration: durationMs } = options;
  // Of a wait either side may be chosen: only the waiter's database is for the kernel.
  const choice = { database: options.database };
  const wanted = { ...chosenServers(options), choice };
  const start = (all: AttributionOptions) => Attribution.start(all);
  const { made: attribution } = await asMuchAsTaken(wanted, ['locks', 'inner'], start, 1);
  const watched: Watched<LockRow> = {
    view: LOCK_VIEW,
    toJson: (row) => row,
    windows: () => {
      const rows = new LockRows(attribution);
      return () => rows.advance().filter(lockChooser(options));
    },
    header: (rows) => headerLines(attribution, lockHeader(rows), rows),
    refresh: () => attribution.refresh(),
  };
  try {
    await measure({ watched, context: { ...context, terminal: false }, json, intervalMs, durationMs, choice: options });
  } finally {
    attribution.close();
  }
  return undefined;
}
