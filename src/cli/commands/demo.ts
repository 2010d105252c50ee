/** `pebble demo`: a real PostgreSQL of our own under a workload with known troubles, watched as `top` does. */
import { type Feed, LiveFeed, SampledFeed, startShown, type Watched } from '../../agent/index.ts';
import { startCluster } from '../../cluster/index.ts';
import { LiveServer, sampledSources } from '../../server/index.ts';
import { startDemo } from '../../workload/index.ts';
import type { Context, Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import type { Parsed } from '../options.ts';
import type { DEMO_OPTIONS } from '../table.ts';
import { type Observer, observe } from '../watch/observer.ts';
import { printRows, watch } from '../watch/watch.ts';
import { watchedQueries } from '../watch/watched.ts';

export async function run({ options }: Parsed<typeof DEMO_OPTIONS>, context: Context): Promise<Exit> {
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
      return await show(cluster.pgdata, options, context);
    } finally {
      await workload.stop();
    }
  } finally {
    await cluster.stop();
    say('the demo is over: its server and its files are gone');
  }
}

async function show(
  pgdata: string,
  { json, interval: intervalMs, duration: durationMs }: Parsed<typeof DEMO_OPTIONS>['options'],
  context: Context,
): Promise<Exit> {
  let shown: Watched | undefined;
  const observer = await observe({
    pgdata,
    json,
    start: async (all) => {
      shown = await startShown(all);
      return shown.attribution;
    },
  });
  const page = json ? undefined : await openPage(shown, observer);
  try {
    const watched = watchedQueries(observer, {}, page && (() => `the same as a page: ${page.link}`));
    const whole = watched.windows();
    const interrupted = await watch({ watched, context, json, intervalMs, durationMs });
    // A live view leaves nothing behind: the whole run once more, to be read at leisure.
    if (context.terminal && !json) printRows(whole(), { watched, context, json });
    return interrupted ? 130 : undefined;
  } finally {
    page?.close();
    observer.close();
  }
}

interface Page {
  /** It works once: then it is another one. */
  readonly link: string;
  close(): void;
}

/** The same whether events are counted or samples taken: the pages say which. */
async function openPage(shown: Watched | undefined, { sampled, shortcoming }: Observer): Promise<Page | undefined> {
  if (sampled) {
    const feed = new SampledFeed(sampled, shortcoming ?? '');
    return pageOf(feed, await LiveServer.listen({ feed, sources: sampledSources(feed) }));
  }
  if (!shown) return undefined;
  const feed = new LiveFeed(shown);
  return pageOf(feed, await LiveServer.listen({ feed }));
}

const pageOf = (feed: Feed, server: LiveServer): Page => ({
  get link() {
    return server.link;
  },
  close: () => {
    server.close();
    feed.close();
  },
});
