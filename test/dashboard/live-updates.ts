/** The first page while a second's figures come again and again, by a clock that runs as fast as they are drawn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreFeed } from '../../src/agent/index.ts';
import { LiveServer } from '../../src/server/index.ts';
import { RecentStore } from '../../src/store/index.ts';
import { Generator } from '../../src/store/testing/generate.ts';
import { openPage, startBrowser } from './browser.ts';
import { PageMeter } from './measure.ts';

const SECOND_MS = 1000;
const QUERIES = 40;
/** Short, so that pictures are full soon, and what grows from then on is kept for nothing. */
const WINDOW = '1m';

export interface LiveUpdates {
  readonly seconds: number;
  /** Seconds between two measurements; other figures from then on. */
  readonly everySeconds: number;
  /** As slow as they are in truth. */
  readonly isReal?: boolean;
}

export interface Measured {
  readonly second: number;
  readonly heapBytes: number;
  readonly nodes: number;
}

export async function* liveUpdates({ seconds, everySeconds, isReal = false }: LiveUpdates): AsyncGenerator<Measured> {
  let nowMs = Date.now();
  const store = new RecentStore();
  const feed = new StoreFeed(store, 'db1', { clock: () => nowMs, intervalMs: 0 });
  const server = await LiveServer.listen({ feed, history: store });
  const browser = await startBrowser();
  try {
    const page = await openPage(browser);
    const meter = await PageMeter.of(page);
    await page.goto(`${server.link}&last=${WINDOW}`);
    let generator = new Generator({ host: 'db1', queries: QUERIES, durationMs: SECOND_MS });
    for (let second = 0; second <= seconds; second++) {
      if (second % everySeconds === 0) {
        generator = new Generator({ host: 'db1', queries: QUERIES, durationMs: SECOND_MS, seed: second + 7 });
        yield { second, heapBytes: await meter.heapBytes(), nodes: await meter.nodes() };
      }
      await store.append(generator.interval(nowMs - SECOND_MS));
      nowMs += SECOND_MS;
      await feed.tick();
      if (isReal) await sleep(SECOND_MS);
      else await meter.answered();
    }
  } finally {
    await browser.close();
    server.close();
    feed.close();
  }
}
