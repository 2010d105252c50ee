/** `pebble demo`: a real PostgreSQL of our own under a workload with known troubles, watched as `top` does. */
import { LiveFeed } from '../../agent/index.ts';
import { startCluster } from '../../cluster/index.ts';
import { Attribution, QueryRows, requireHost } from '../../collect/attribution/index.ts';
import { LiveServer } from '../../server/index.ts';
import { startDemo } from '../../workload/index.ts';
import type { Context, Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import type { Parsed } from '../options.ts';
import { printRows, watchQueries } from '../queries/watch.ts';
import type { DEMO_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof DEMO_OPTIONS>, context: Context): Promise<Exit> {
  requireHost();
  // From here on Ctrl-C ends the run in order: the cluster must not stay.
  const stop = interruption();
  const say = (text: string): void => void (options.json || process.stderr.write(`${text}\n`));
  say('starting a PostgreSQL 18 of its own, in a temporary directory …');
  const cluster = await startCluster({ flavour: 'embedded' });
  try {
    say(`it listens on port ${cluster.port}; starting a workload with known troubles …`);
    const workload = await startDemo(cluster);
    try {
      if (stop.aborted) return undefined;
      return await watch(cluster.pgdata, options, context);
    } finally {
      await workload.stop();
    }
  } finally {
    await cluster.stop();
    say('the demo is over: its server and its files are gone');
  }
}

async function watch(
  pgdata: string,
  { json, interval: intervalMs, duration: durationMs }: Parsed<typeof DEMO_OPTIONS>['options'],
  context: Context,
): Promise<Exit> {
  const attribution = await Attribution.start({ pgdata });
  const feed = new LiveFeed(attribution);
  try {
    const server = await LiveServer.listen({ feed });
    try {
      const note = `the same as a page: ${server.link}`;
      const options = { attribution, context, json, intervalMs, durationMs, note };
      const whole = new QueryRows(attribution.read());
      const interrupted = await watchQueries(options);
      // A live view leaves nothing behind: the whole run once more, to be read at leisure.
      if (context.terminal && !json) printRows(whole.advance(attribution.read()), options);
      return interrupted ? 130 : undefined;
    } finally {
      server.close();
    }
  } finally {
    feed.close();
    attribution.close();
  }
}
