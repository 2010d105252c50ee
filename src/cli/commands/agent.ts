/** `pebble agent`: watches every cluster of this host and serves the live pages. */
import { LiveFeed } from '../../agent/index.ts';
import { Attribution } from '../../collect/attribution/index.ts';
import { LiveServer } from '../../server/index.ts';
import type { Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { parseListen } from '../listen.ts';
import type { Parsed } from '../options.ts';
import type { AGENT_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof AGENT_OPTIONS>): Promise<Exit> {
  const stop = interruption();
  const address = parseListen(options.listen);
  const attribution = await Attribution.start(options.pgdata === undefined ? {} : { pgdata: options.pgdata });
  const feed = new LiveFeed(attribution);
  try {
    const server = await LiveServer.listen({ feed, ...address });
    process.stdout.write(`${server.link}\n`);
    await new Promise((resolve) => {
      if (stop.aborted) resolve(undefined);
      stop.addEventListener('abort', resolve, { once: true });
    });
    server.close();
  } finally {
    feed.close();
    attribution.close();
  }
  return undefined;
}
