/**
 * The pages with a day of 5,000 statements, and over an hour of live updates: script of each view, frames while it scrolls, memory.
 *
 *     node bench/dashboard.ts scroll                     frames and script while 5,000 rows are scrolled
 *     node bench/dashboard.ts day                        views of that day from SQLite
 *     node bench/dashboard.ts hour [MINUTES] [--real]    an hour's updates as fast as they are drawn, or at their true pace
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { StoreFeed } from '../src/agent/index.ts';
import { VIEWS } from '../src/dashboard/views/index.ts';
import { LiveServer } from '../src/server/index.ts';
import { Router } from '../src/server/router.ts';
import { RecentStore, type Store } from '../src/store/index.ts';
import { SqliteStore } from '../src/store/sqlite/index.ts';
import { openPage, startBrowser } from '../test/dashboard/browser.ts';
import { fillDay } from '../test/dashboard/day.ts';
import { liveUpdates } from '../test/dashboard/live-updates.ts';
import { PageMeter } from '../test/dashboard/measure.ts';

const QUERIES = 5000;
const DAY_STEP_MS = 600_000;
const LONG_STEP_MS = 3 * 3_600_000;
const DAY_MS = 86_400_000;

async function main([part, ...args]: readonly string[]): Promise<void> {
  if (part === undefined || part === 'scroll') await scroll();
  if (part === undefined || part === 'day') await aDay();
  if (part === undefined || part === 'hour')
    await anHour(Number(args.find((arg) => !arg.startsWith('-')) ?? 60), args.includes('--real'));
}

/** In memory, in a few long steps: a table does not know where its rows come from. */
async function scroll(): Promise<void> {
  const store = new RecentStore({ keepMs: 2 * DAY_MS, mostSamples: 1e6, fineMs: LONG_STEP_MS, coarseMs: LONG_STEP_MS });
  await fillDay(store, { queries: QUERIES, stepMs: LONG_STEP_MS, endMs: Date.now() });
  await lookAt(store, async (page, meter, origin) => {
    await page.goto(`${origin}/?view=queries&last=1d`);
    await meter.scriptOf(() => page.locator('tr[data-fingerprint]').nth(10).waitFor());
    // The first time all of it is compiled.
    await page.evaluate(SCROLL);
    say(`scrolling 5,000 rows: ${await framesOf(page, meter)}`);
    await page.goto('about:blank');
    await page.evaluate(PLAIN);
    say(`scrolling lines of plain text: ${await framesOf(page, meter)}`);
  });
}

async function aDay(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-dashboard-'));
  const store = SqliteStore.open(join(folder, 'history.db'));
  await fillDay(store, { queries: QUERIES, stepMs: DAY_STEP_MS, endMs: Date.now() });
  for (let call = 0; call < 60; call++) await store.maintain(Date.now());
  await answersOf(store);
  try {
    await lookAt(store, openEach);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

async function openEach(page: Page, meter: PageMeter, origin: string): Promise<void> {
  for (const { id, title } of VIEWS) {
    await page.goto(`${origin}/?view=console&last=1d`);
    const start = performance.now();
    const ms = await meter.scriptOf(() =>
      page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click(),
    );
    say(`view ${id}: ${ms.toFixed(0)} ms of script, quiet after ${(performance.now() - start).toFixed(0)} ms`);
  }
}

async function lookAt(
  store: Store,
  look: (page: Page, meter: PageMeter, origin: string) => Promise<void>,
): Promise<void> {
  const feed = new StoreFeed(store, 'db1');
  const server = await LiveServer.listen({ feed, history: store });
  const browser = await startBrowser();
  try {
    const page = await openPage(browser);
    const meter = await PageMeter.of(page);
    await page.goto(server.link);
    await look(page, meter, new URL(server.link).origin);
  } finally {
    await browser.close();
    server.close();
    feed.close();
  }
}

/** For three seconds, sixty pixels a frame: what lies between two frames. */
const SCROLL = `new Promise((resolve) => {
  const box = document.querySelector('main .scroll');
  const times = [];
  const step = (now) => {
    times.push(now);
    box.scrollTop += 60;
    if (now - times[0] < 3000) requestAnimationFrame(step);
    else resolve(times.slice(1).map((at, index) => at - times[index]));
  };
  requestAnimationFrame(step);
})`;

/** As large a box with nothing but text in it: what a machine without a screen card draws at most. */
const PLAIN = `document.body.innerHTML = '<main><div class="scroll" style="height: 558px; width: 1040px; overflow: auto; font: 14px/27px sans-serif">' +
  Array.from({ length: 5000 }, (_, line) => 'line ' + line + ' of plain text, which is as long as the text of a statement<br>').join('') + '</div></main>'`;

const ASKED = [
  '/api/load?by=wait_event_type',
  '/api/load?by=wait_event',
  '/api/load?by=fingerprint',
  '/api/load?by=fingerprint&points=40&top=100',
  '/api/mix?',
  '/api/heatmap?',
  '/api/rows/findings?',
  '/api/rows/queries?texts=4000&top=200',
  '/api/rows/queries?texts=4000',
  '/api/rows/waits?texts=4000',
  '/api/rows/io?texts=4000',
  '/api/rows/commits?texts=4000',
];

/** What the pages ask of the day: CPU of the server, which is this process. */
async function answersOf(store: SqliteStore): Promise<void> {
  const feed = new StoreFeed(store, 'db1');
  for (const path of ASKED) {
    const seconds: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const router = new Router({ feed, history: store });
      const before = process.cpuUsage();
      await router.answer(new URL(`http://pebble${path}&last=1d`), { name: 'bench', role: 'admin' });
      const { user, system } = process.cpuUsage(before);
      seconds.push((user + system) / 1e6);
    }
    say(`${path}: ${Math.min(...seconds).toFixed(2)} s of CPU of the server`);
  }
  feed.close();
}

async function framesOf(page: Page, meter: PageMeter): Promise<string> {
  const durations = () => Promise.all(PARTS.map(([name]) => meter.durationMs(name)));
  const before = await durations();
  const gaps = await page.evaluate<number[]>(SCROLL);
  const after = await durations();
  const late = gaps.filter((gap) => gap > 1.5 * (1000 / 60)).length;
  const sorted = gaps.toSorted((a, b) => a - b);
  const [p50, p95, worst] = [0.5, 0.95, 1].map((part) => sorted[Math.ceil(part * sorted.length) - 1]!.toFixed(1));
  const parts = PARTS.map(([, words], at) => `${words} ${((after[at]! - before[at]!) / gaps.length).toFixed(1)}`);
  return `${(gaps.length / 3).toFixed(1)} frames a second, p50 ${p50}, p95 ${p95}, longest ${worst} ms, ${late} late; ms of the page's thread in each: ${parts.join(', ')}`;
}

const PARTS = [
  ['TaskDuration', 'all'],
  ['ScriptDuration', 'script'],
  ['RecalcStyleDuration', 'styles'],
  ['LayoutDuration', 'layout'],
] as const;

async function anHour(minutes: number, isReal: boolean): Promise<void> {
  for await (const { second, heapBytes, nodes } of liveUpdates({ seconds: minutes * 60, everySeconds: 300, isReal }))
    say(`after ${second / 60} min: ${(heapBytes / 2 ** 20).toFixed(2)} MiB of heap, ${nodes} nodes`);
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

await main(process.argv.slice(2));
