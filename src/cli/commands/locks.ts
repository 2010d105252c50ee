/** `pebble locks`: who waits for a lock, and for whom. */
import type { LockRow } from '../../api/index.ts';
import { Attribution, asMuchAsTaken, LockRows, type LockSource } from '../../collect/attribution/index.ts';
import { SampledLocks } from '../../collect/sampled/index.ts';
import { chosenServers, lockChooser } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import type { WATCH_OPTIONS } from '../table.ts';
import { headerLines, type Shown } from '../watch/header.ts';
import { LOCK_VIEW, lockHeader } from '../watch/lock-view.ts';
import { samplesInstead } from '../watch/observer.ts';
import { measure, type Watched } from '../watch/watch.ts';

type LockOptions = Parsed<typeof WATCH_OPTIONS>['options'];

export async function run({ options }: Parsed<typeof WATCH_OPTIONS>, context: Context): Promise<Exit> {
  const { json, interval: intervalMs, duration: durationMs } = options;
  const { source, shown, refresh, close } = await lockWaits(options);
  if (json && shown.shortcoming) process.stderr.write(`pebble: ${shown.shortcoming}\n`);
  const watched: Watched<LockRow> = {
    view: LOCK_VIEW,
    toJson: (row) => row,
    windows: () => {
      const rows = new LockRows(source);
      return () => rows.advance().filter(lockChooser(options));
    },
    header: (rows) => headerLines(shown, lockHeader(rows), rows),
    refresh,
  };
  try {
    await measure({ watched, context: { ...context, terminal: false }, json, intervalMs, durationMs, choice: options });
  } finally {
    close();
  }
  return undefined;
}

interface LockWaits {
  readonly source: LockSource;
  readonly shown: Shown;
  readonly refresh: () => void;
  readonly close: () => void;
}

/** Every wait by eBPF, or those that looks into the servers' memory find. */
async function lockWaits(options: LockOptions): Promise<LockWaits> {
  const servers = chosenServers(options);
  // Of a wait either side may be chosen: only the waiter's database is for the kernel.
  const wanted = { ...servers, choice: { database: options.database } };
  try {
    const { made } = await asMuchAsTaken(wanted, ['locks', 'inner'], Attribution.start, 1);
    return { source: made, shown: made, refresh: () => made.refresh(), close: () => made.close() };
  } catch (error) {
    const { sampled, missing } = await samplesInstead(error, { ...servers, inside: true });
    const locks = new SampledLocks(sampled);
    const shortcoming = `looked for 20 times a second: shorter waits are not seen, times are estimates; eBPF would add every wait with its exact time; missing here: ${missing}`;
    return {
      source: locks,
      shown: { clusters: sampled.clusters, refused: sampled.refused, shortcoming },
      refresh: () => sampled.refresh(),
      close: () => {
        locks.close();
        sampled.close();
      },
    };
  }
}
