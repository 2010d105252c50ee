/** `pebble server`: shows what agents have stored, of all their hosts, until it is told to stop. It watches nothing itself. */
import { loadConfiguration, StoreFeed } from '../../agent/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { LiveServer } from '../../server/index.ts';
import { openStore } from '../../store/index.ts';
import type { Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { announce, log } from '../log.ts';
import type { Parsed } from '../options.ts';
import { serverOptions } from '../server-options.ts';
import type { SERVER_OPTIONS } from '../table.ts';

export async function run({ options }: Parsed<typeof SERVER_OPTIONS>): Promise<Exit> {
  const { store: url, listen, config } = options;
  const configuration = loadConfiguration(config, {
    ...(url !== undefined && { store: url }),
    ...(listen !== undefined && { listen }),
  });
  if (configuration.store === 'none') {
    throw new PebbleError('usage', {
      what: 'there is no store to show',
      hint: 'name the one that agents fill: --store',
    });
  }
  let server: LiveServer | undefined;
  const printLink = (): void => announce(String(server?.link));
  const stop = interruption();
  const store = await openStore(configuration.store, { readOnly: true });
  const feed = new StoreFeed(store, configuration.host);
  try {
    const doors = serverOptions(configuration, { audit: log, onLinkUsed: printLink });
    server = await LiveServer.listen({ feed, history: store, ...doors });
    printLink();
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    server.close();
  } finally {
    feed.close();
    await store.close();
  }
  return undefined;
}
