/**
 * History of a thousand query series: bytes for a day, and how long questions about a day and about thirty days take.
 *
 *     node bench/store.ts [FILE]      makes the history, some minutes; a FILE that is there is only asked
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History } from '../src/agent/index.ts';
import { formatBytes } from '../src/base/units.ts';
import { SqliteStore } from '../src/store/sqlite/index.ts';
import { Generator } from '../src/store/testing/generate.ts';

const DAY_MS = 86_400_000;
const LAST_DAY = Date.UTC(2026, 0, 30);
const DAYS = 30;
const SERIES = 1000;
const TEN_SECONDS = 10_000;

const sizeOf = (file: string): number => statSync(file).size;

const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
const path = process.argv[2] ?? join(folder, 'history.db');
try {
  if (!existsSync(path)) await make();
  await ask();
} finally {
  rmSync(folder, { recursive: true });
}

async function make(): Promise<void> {
  const store = SqliteStore.open(path);
  // Long ago: only hours and days are left, as retention leaves them.
  const hours = new Generator({ queries: SERIES, durationMs: 3_600_000 });
  for (let hour = 0; hour < (DAYS - 1) * 24; hour++) {
    await store.append(hours.interval(LAST_DAY - (DAYS - 1) * DAY_MS + hour * 3_600_000));
  }
  for (let call = 0; call < 2 * 24 * DAYS; call++) await store.maintain(LAST_DAY);
  const before = sizeOf(path);
  const generator = new Generator({ queries: SERIES });
  let spent = 0;
  for (let at = 0; at < DAY_MS; at += TEN_SECONDS) {
    const interval = generator.interval(LAST_DAY + at);
    const start = process.cpuUsage();
    await store.append(interval);
    const { user, system } = process.cpuUsage(start);
    spent += user + system;
  }
  await store.close();
  console.log(
    `a day before rollup: ${formatBytes(sizeOf(path) - before)} (queries, waits and load of ${SERIES} queries)`,
  );
  console.log(`append: ${(spent / 1000 / (DAY_MS / TEN_SECONDS)).toFixed(1)} ms of CPU each, every ten seconds`);
  const rolling = SqliteStore.open(path);
  const start = process.cpuUsage();
  for (let call = 0; call < 100; call++) await rolling.maintain(LAST_DAY + DAY_MS);
  const { user, system } = process.cpuUsage(start);
  console.log(
    `rollup of that day: ${((user + system) / 1e6).toFixed(1)} s of CPU, then ${formatBytes(sizeOf(path) - before)}`,
  );
  await rolling.close();
}

async function ask(): Promise<void> {
  const toMs = LAST_DAY + DAY_MS - 13 * 60_000 - 20_000;
  for (const [name, days] of [
    ['24 h', 1 - 0.01],
    ['30 d', DAYS - 0.3],
  ] as const) {
    const range = { fromMs: Math.floor((toMs - days * DAY_MS) / TEN_SECONDS) * TEN_SECONDS, toMs };
    await time(`queries of ${name}`, (history) => history.queries(range));
    await time(`waits of ${name}`, (history) => history.waits(range));
    await time(`load of ${name} in 300 steps`, (history) => history.load(range, Math.ceil((days * DAY_MS) / 300)));
  }
  const day = { fromMs: LAST_DAY, toMs: LAST_DAY + DAY_MS };
  await time('one query of a day by five minutes', (history) => history.timeline(day, 300_000, { fingerprint: '17' }));
  await time('latency heatmap of a day by five minutes', (history) => history.heatmap(day, 300_000));
}

/** The median of seven, each with the file opened anew, as a command does; CPU time, which a busy machine does not stretch. */
async function time(name: string, work: (history: History) => Promise<unknown>): Promise<void> {
  const runs: number[] = [];
  for (let run = 0; run < 7; run++) {
    const start = process.cpuUsage();
    const store = SqliteStore.open(path, { readOnly: true });
    await work(new History(store));
    await store.close();
    const { user, system } = process.cpuUsage(start);
    runs.push((user + system) / 1000);
  }
  console.log(`${name}: ${runs.toSorted((a, b) => a - b)[3]!.toFixed(0)} ms of CPU (first ${runs[0]!.toFixed(0)})`);
}
