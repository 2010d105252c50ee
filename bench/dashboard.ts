/**
 * The pages with a day of 5,000 statements, and over an hour of live updates: script of each deed, frames while it scrolls, memory.
 *
 *     node bench/dashboard.ts [MINUTES] [--real]     an hour's updates as fast as they are drawn, or at their true pace
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { StoreFeed } from '../src/agent/index.ts';
import { VIEWS } from '../src/dashboard/views/index.ts';
import { loadAnswer } from '../src/server/answers/load.ts';
import { LiveServer } from '../src/server/index.ts';
import { questionOf } from '../src/server/question.ts';
import { SqliteStore } from '../src/store/sqlite/index.ts';
import { startBrowser } from '../test/dashboard/browser.ts';
import { fillDay } from '../test/dashboard/day.ts';
import { liveUpdates } from '../test/dashboard/live-updates.ts';
import { PageMeter } from '../test/dashboard/measure.ts';

const QUERIES = 5000;
const DAY_STEP_MS = 600_000;

async function main(args: readonly string[]): Promise<void> {
  const minutes = Number(args.find((arg) => !arg.startsWith('-')) ?? 60);
  if (minutes > 0) await anHour(minutes, args.includes('--real'));
  await aDay();
}

async function aDay(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-dashboard-'));
  const store = SqliteStore.open(join(folder, 'history.db'));
  await fillDay(store, { queries: QUERIES, stepMs: DAY_STEP_MS, endMs: Date.now() });
  for (let call = 0; call < 60; call++) await store.maintain(Date.now());
  await answersOf(store);
  const feed = new StoreFeed(store, 'db1');
  const server = await LiveServer.listen({ feed, history: store });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const meter = await PageMeter.of(page);
    await page.goto(server.link);
    for (const { id, title } of VIEWS) {
      await page.goto(`${new URL(server.link).origin}/?view=console&last=1d`);
      const start = performance.now();
      const ms = await meter.scriptOf(() =>
        page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click(),
      );
      say(`view ${id}: ${ms.toFixed(0)} ms of script, quiet after ${(performance.now() - start).toFixed(0)} ms`);
    }
    await page.goto(`${new URL(server.link).origin}/?view=queries&last=1d`);
    await meter.scriptOf(() => page.locator('tr[data-fingerprint]').nth(10).waitFor());
    say(`scrolling 5,000 rows: ${await framesOf(page, meter)}`);
  } finally {
    await browser.close();
    server.close();
    feed.close();
    await store.close();
    rmSync(folder, { recursive: true });
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

/** What charts ask of the day: CPU of the server, which is this process. */
async function answersOf(store: SqliteStore): Promise<void> {
  for (const search of ['by=wait_event_type', 'by=wait_event', 'by=fingerprint', 'by=fingerprint&points=40&top=100']) {
    const question = questionOf(new URLSearchParams(`last=1d&${search}`), Date.now());
    const seconds: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const before = process.cpuUsage();
      await loadAnswer(store, question);
      const { user, system } = process.cpuUsage(before);
      seconds.push((user + system) / 1e6);
    }
    say(`load ${search}: ${Math.min(...seconds).toFixed(2)} s of CPU of the server`);
  }
}

async function framesOf(page: Page, meter: PageMeter): Promise<string> {
  const before = await meter.scriptMs();
  const gaps = await page.evaluate<number[]>(SCROLL);
  const late = gaps.filter((gap) => gap > 1.5 * (1000 / 60)).length;
  const sorted = gaps.toSorted((a, b) => a - b);
  const [p50, p95, worst] = [0.5, 0.95, 1].map((part) => sorted[Math.ceil(part * sorted.length) - 1]!.toFixed(1));
  const script = ((await meter.scriptMs()) - before) / gaps.length;
  return `${(gaps.length / 3).toFixed(1)} frames a second, p50 ${p50}, p95 ${p95}, longest ${worst} ms, ${late} late; ${script.toFixed(1)} ms of script in each`;
}

async function anHour(minutes: number, isReal: boolean): Promise<void> {
  for await (const { second, heapBytes, nodes } of liveUpdates({ seconds: minutes * 60, everySeconds: 300, isReal }))
    say(`after ${second / 60} min: ${(heapBytes / 2 ** 20).toFixed(2)} MiB of heap, ${nodes} nodes`);
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

await main(process.argv.slice(2));
