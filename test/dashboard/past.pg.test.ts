/** A window of the past is shown by what was stored: the same figures as while it was live. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { StoreFeed } from '../../src/agent/index.ts';
import type { ExecutionRow, ProfileRow, ReportRow, RowKind, RowsAnswer, RowsByKind } from '../../src/api/index.ts';
import { formatShare } from '../../src/base/units.ts';
import { LiveServer } from '../../src/server/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { SCENARIOS } from '../../src/workload/index.ts';
import { complaintsOf, noBrowser, openPage, startBrowser } from './browser.ts';
import { cellsOf, FIGURES, type Told } from './figures.ts';
import { type LiveDemo, noRoot, signIn, startLiveDemo } from './live.ts';
import { PageMeter } from './measure.ts';

const KINDS = ['queries', 'waits', 'locks', 'io', 'commits', 'executions', 'profile', 'clients'] as const;
/** Single executions are what they are in whatever window. */
const ONE_BY_ONE = 'executions';
type Shown = { readonly [K in (typeof KINDS)[number]]: readonly RowsByKind[K][] };
/** The forgotten transaction lasts six seconds of eight. */
const LIVE_MS = 18_000;
/** What was before the first reading, and the last flush, are far from the ends on the busiest machine, too. */
const STARTING_MS = 60_000;
const CLOSING_MS = 60_000;
/** Far longer than all that was watched. */
const LONG_MS = 600_000;

const commitBound = SCENARIOS.find(({ name }) => name === 'commit-bound')!;

describe('the past', { skip: noRoot }, () => {
  let demo: LiveDemo;
  let store: Store;
  let feed: StoreFeed;
  let server: LiveServer;
  let live: Shown;
  let past: Shown;
  let range: { fromMs: number; toMs: number };
  /** Between two profiles. */
  let middle: number;

  before(async () => {
    demo = await startLiveDemo();
    const fromMs = demo.feed.recent.oldestMs ?? Date.now();
    const first = demo.feed.profiler.take('on_cpu', 3);
    await sleep(LIVE_MS / 2);
    await first;
    middle = Date.now();
    const second = demo.feed.profiler.take('on_cpu', 3);
    await sleep(LIVE_MS / 2);
    await second;
    range = { fromMs: fromMs - STARTING_MS, toMs: Date.now() + CLOSING_MS };
    live = await shown(demo.link, range);
    await demo.closeAgent();
    store = await openStore(demo.store, { readOnly: true });
    feed = new StoreFeed(store, 'elsewhere');
    server = await LiveServer.listen({ feed, history: store });
    past = await shown(server.link, range);
  });
  after(async () => {
    server?.close();
    feed?.close();
    await store?.close();
    await demo?.close();
  });

  test('has each kind of rows', () => {
    for (const kind of KINDS) assert.ok(past[kind].length > 0, `no ${kind}`);
  });

  test('knows who blocked whom', () => {
    const blockers = (rows: Shown['locks']): Map<string | null, number> => {
      const sums = new Map<string | null, number>();
      for (const row of rows) {
        sums.set(row.blocker_application, (sums.get(row.blocker_application) ?? 0) + row.wait_us);
      }
      return sums;
    };
    const [then, now] = [blockers(past.locks), blockers(live.locks)];
    assert.ok(then.get('idle-in-transaction')! >= now.get('idle-in-transaction')!);
    assert.ok(then.get('lock-convoy')! > 0.3 * now.get('lock-convoy')!, 'the longest waits of it');
    assert.ok(past.locks.some((row) => row.blocker_application === 'idle-in-transaction' && row.waiter_query !== null));
  });

  test('knows the slowest executions, step by step', () => {
    // The slowest of each statement in a minute are kept: one that ended since the live rows were read may have taken the place of one.
    const sameAs = (row: ExecutionRow) =>
      past.executions.find((one) => one.pid === row.pid && one.started === row.started);
    assert.ok(past.executions[0]!.latency_us >= live.executions[0]!.latency_us);
    const kept = live.executions.filter(sameAs);
    assert.ok(kept.length > 0 && kept[0]!.steps.length > 0);
    for (const row of kept) assert.deepEqual(sameAs(row)!.steps, row.steps);
  });

  test('shows a profile as it was taken', () => {
    assert.deepEqual(past.profile, live.profile);
  });

  // What was going on while the live answers were made is in the store, too: it has a little more, never less.
  const atLeast = (name: string, now: number, then: number, kind: 'commits' | 'io'): void => {
    const longer = past[kind][0]!.window_us / live[kind][0]!.window_us;
    assert.ok(then >= now && then <= now * longer * 1.6 + 1, `${name}: ${then} in the past, ${now} live`);
  };

  test('counts commits, and their waits, as the live rows did', () => {
    const whole = (rows: Shown['commits']) => rows.find((row) => row.kind === 'cluster')!;
    const [then, now] = [whole(past.commits), whole(live.commits)];
    atLeast('commits', now.commits, then.commits, 'commits');
    atLeast('syncs', now.syncs, then.syncs, 'commits');
    const insert = (rows: Shown['commits']) =>
      rows.find((row) => row.kind === 'statement' && row.query?.startsWith('INSERT INTO demo.events') === true)!;
    // Of each session at most all the time by which the past is longer, and what it had waited before: a disk may be slow just then.
    const [waited, waiting] = [insert(past.commits), insert(live.commits)];
    const more = commitBound.sessions * (waited.window_us - waiting.window_us + 1e6);
    const said = `${waited.sync_us} in the past, ${waiting.sync_us} live, ${more} between them`;
    assert.ok(waited.sync_us >= waiting.sync_us && waited.sync_us <= waiting.sync_us + more, said);
    assert.equal(then.cluster, demo.cluster.pgdata);
  });

  test('names what the commit-bound statement waits for: its own sync of the log, or the one of another', () => {
    const whole = past.commits.find((row) => row.kind === 'cluster')!;
    const itself = [whole.insert_us, whole.write_us, whole.sync_us];
    assert.equal(Math.max(...itself), whole.sync_us, `who flushes syncs: ${itself}`);
    const { insert_us, write_us, sync_us, group_us, replication_us } = past.commits.find(
      (row) => row.kind === 'statement' && row.query?.startsWith('INSERT INTO demo.events') === true,
    )!;
    assert.ok(sync_us + group_us > 9 * (insert_us + write_us + replication_us));
    const waits = past.waits.filter((row) => row.query?.startsWith('INSERT INTO demo.events') === true);
    const [first, second] = waits
      .toSorted((a, b) => b.total_us - a.total_us)
      .map((row) => row.wait_event.toLowerCase());
    assert.ok([first, second].includes('walsync'), `${first}, ${second}`);
  });

  test('counts requests to devices, their files, and what came from the page cache', () => {
    const bytes = (rows: Shown['io'], kind: 'device' | 'file'): number =>
      rows.reduce((sum, row) => sum + (row.kind === kind && row.operation === 'write' ? row.bytes : 0), 0);
    atLeast('bytes written', bytes(live.io, 'device'), bytes(past.io, 'device'), 'io');
    atLeast('bytes by file', bytes(live.io, 'file'), bytes(past.io, 'file'), 'io');
    assert.ok(past.io.some((row) => row.kind === 'file' && /^pg_wal\//.test(row.path ?? '')));
    assert.ok(past.io.some((row) => row.kind === 'device' && (row.latency_us.p99 ?? 0) > 0));
    assert.ok(
      past.io.some((row) => row.kind === 'cache' && row.query?.startsWith('SELECT count(*) FROM demo.archive')),
    );
    assert.ok(past.io.some((row) => row.kind === 'other'));
  });

  test('draws latencies of devices over time, as many requests as the rows count', async () => {
    const cookie = await signIn(server.link);
    const answer = await fetch(`${new URL(server.link).origin}/api/heatmap/io?${searchOf(range)}`, {
      headers: { cookie },
    });
    const { columns } = (await answer.json()) as { columns: { buckets: { count: number }[] }[] };
    const drawn = columns.flatMap(({ buckets }) => buckets).reduce((sum, { count }) => sum + count, 0);
    const counted = past.io.reduce((sum, row) => sum + (row.kind === 'device' ? row.count : 0), 0);
    // Counts and latencies are read one after the other: what ended in between differs, the more the busier the machine.
    assert.ok(Math.abs(drawn - counted) <= 20 + counted / 10, `${drawn} drawn, ${counted} counted`);
    assert.ok(columns.length > 1);
  });

  describe('on the screen', { skip: noBrowser }, () => {
    let browser: Browser;
    let page: Page;
    let origin: string;
    let complaints: string[];
    let meter: PageMeter;

    before(async () => {
      browser = await startBrowser();
      page = await openPage(browser);
      origin = new URL(server.link).origin;
      complaints = complaintsOf(page, origin);
      meter = await PageMeter.of(page);
      await page.goto(server.link);
    });
    after(() => browser?.close());

    /** Until all that it asked for is there, and drawn. */
    const open = async (view: string, table: string, search: string): Promise<void> => {
      await meter.scriptOf(async () => {
        await page.goto(`${origin}/?view=${view}&${search}`);
        await page.locator(`table[data-table=${table}] tbody tr`).first().waitFor();
      });
    };

    test('each table has the figures of --json', async () => {
      const told: Told = { report: reportOf(demo.store, range), rows: past };
      for (const { view, table, columns, expected } of FIGURES) {
        await open(view, table, searchOf(range));
        const [cells, count] = await page.evaluate<[string[][], number]>(cellsOf(table, columns));
        const left = expected(told).map((row) => row.join(' '));
        assert.ok(left.length > 0, `--json has nothing for ${table} in ${view}`);
        assert.equal(count, left.length, `rows of ${table} in ${view}`);
        for (const row of cells.map((one) => one.join(' '))) {
          const at = left.indexOf(row);
          assert.ok(at >= 0, `${table} in ${view} has ${columns} = ${row}, and --json has ${left.join('; ')}`);
          left.splice(at, 1);
        }
      }
    });

    // One test a view: a busy machine takes minutes for all of them.
    describe('a link shows a colleague the same screen', () => {
      const tables = new Map(FIGURES.toReversed().map(({ view, table }) => [view, table]));
      for (const [view, table] of tables)
        test(view, async () => {
          const shownNow = (): Promise<string> => page.locator(`table[data-table=${table}]`).innerText();
          await open(view, table, `${searchOf(range)}&compare=before`);
          await meter.scriptOf(() => page.locator(`table[data-table=${table}] th button`).last().click());
          const mine = await shownNow();
          await open(view, table, new URL(page.url()).search.replace(/^\?/, ''));
          assert.equal(await shownNow(), mine);
          if (view !== ONE_BY_ONE) assert.match(mine, /±/, 'it compares nothing');
        });
    });

    const compared = async (window: { fromMs: number; toMs: number }): Promise<{ changes: string[]; head: string }> => {
      await open('io', 'devices', `${searchOf(window)}&compare=before`);
      const [cells] = await page.evaluate<[string[][], number]>(cellsOf('devices', ['± time/s']));
      const section = page.locator('section', { has: page.locator('table[data-table=devices]') });
      return { changes: cells.flat(), head: await section.locator('.panel-head').innerText() };
    };

    test('nothing is new where the window before was not watched', async () => {
      const longBefore = { ...range, fromMs: range.fromMs - LONG_MS };
      const { changes, head } = await compared(longBefore);
      assert.deepEqual([...new Set(changes)], ['-']);
      assert.match(head, /earlier: not watched/);
    });

    test('a window before that was watched in part says so, and nothing is new', async () => {
      const { changes, head } = await compared({ fromMs: middle, toMs: middle + LONG_MS });
      assert.match(head, /earlier: \S+ of 10m00s watched/);
      assert.ok(changes.length > 0 && !changes.includes('new'), changes.join(' '));
      assert.ok(changes.some((change) => /^[+−]/.test(change)));
    });

    test('heatmaps that are compared have one scale', async () => {
      const scales = async (search: string): Promise<string[]> => {
        await meter.scriptOf(async () => {
          await page.goto(`${origin}/?view=latency&${search}`);
          await page.locator('p.scale').first().waitFor();
        });
        return page.locator('p.scale').allInnerTexts();
      };
      const [now, then] = await scales(`${searchOf({ fromMs: middle, toMs: range.toMs })}&compare=before`);
      assert.match(now!, /\d+ requests in /);
      assert.equal(then, now);
    });

    test('two profiles are compared, and saved for other programs', async () => {
      const half = (fromMs: number, toMs: number) => shown(server.link, { fromMs, toMs }, ['profile']);
      const [now, then] = [
        (await half(middle, range.toMs)).profile,
        (await half(middle - (range.toMs - middle), middle)).profile,
      ];
      assert.ok(now.length > 0 && then.length > 0);
      await page.goto(`${origin}/?view=flames&${searchOf({ fromMs: middle, toMs: range.toMs })}&compare=before`);
      await page.getByRole('heading', { name: 'red grew, blue shrank' }).waitFor();
      const name = 'PostgresMain';
      const growth = shareOf(now, name) - shareOf(then, name);
      await page.getByRole('searchbox').fill(name);
      await page.locator('.flame p', { hasText: formatShare(shareOf(now, name)) }).waitFor();
      await page
        .locator('table[data-table=functions]')
        .getByRole('button', { name: /^with what it calls/ })
        .click();
      const change = page.locator('table[data-table=functions] tr', { hasText: new RegExp(`${name}$`) });
      await change
        .getByText(formatShare(Math.abs(growth)))
        .first()
        .waitFor();

      const us = now.reduce((sum, { time_us }) => sum + time_us, 0);
      const scope = JSON.parse(await saved('save for speedscope')) as Speedscope;
      assert.equal(
        scope.profiles[0]!.weights.reduce((sum, one) => sum + one, 0),
        us,
      );
      const frames = scope.profiles[0]!.samples.map((stack) =>
        stack.map((at) => scope.shared.frames[at]!.name).join(';'),
      );
      assert.deepEqual(
        frames,
        now.map(({ stack }) => stack.map((frame) => frame.function).join(';')),
      );
      const lines = (await saved('save collapsed')).trim().split('\n');
      const collapsed = lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
      assert.ok(Math.abs(collapsed - us) <= lines.length, `${collapsed} µs in the file, ${us} in the rows`);
    });

    const saved = async (name: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      return readFileSync(await download.path(), 'utf8');
    };

    test('nothing was said on the console, and no other server asked', () => assert.deepEqual(complaints, []));
  });

  test('says that nothing was watched, where nothing was', async () => {
    const cookie = await signIn(server.link);
    const origin = new URL(server.link).origin;
    for (const kind of ['queries', 'waits', 'locks', 'executions', 'io', 'commits']) {
      const address = `${origin}/api/rows/${kind}?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z`;
      const answer = (await (await fetch(address, { headers: { cookie } })).json()) as RowsAnswer<unknown>;
      assert.match(answer.missing ?? '', /^Nothing was watched in this window: what is known begins at 20\d\d-/, kind);
    }
  });
});

async function shown(
  link: string,
  range: { fromMs: number; toMs: number },
  kinds: readonly (typeof KINDS)[number][] = KINDS,
): Promise<Shown> {
  const cookie = await signIn(link);
  const ask = async <K extends RowKind>(kind: K): Promise<readonly RowsByKind[K][]> => {
    const answer = await fetch(`${new URL(link).origin}/api/rows/${kind}?${searchOf(range)}`, { headers: { cookie } });
    const found = (await answer.json()) as RowsAnswer<RowsByKind[K]>;
    if (found.missing !== null) throw new Error(`${kind}: ${found.missing}`);
    return found.rows;
  };
  const answers = await Promise.all(kinds.map(async (kind) => [kind, await ask(kind)]));
  return Object.fromEntries(answers) as Shown;
}

const searchOf = ({ fromMs, toMs }: { fromMs: number; toMs: number }): string =>
  `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;

interface Speedscope {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly {
    readonly weights: readonly number[];
    readonly samples: readonly (readonly number[])[];
  }[];
}

/** Part of the time below a function. */
function shareOf(rows: readonly ProfileRow[], name: string): number {
  const sum = (some: readonly ProfileRow[]): number => some.reduce((all, { time_us }) => all + time_us, 0);
  return sum(rows.filter(({ stack }) => stack.some((frame) => frame.function === name))) / sum(rows);
}

function reportOf(store: string, { fromMs, toMs }: { fromMs: number; toMs: number }): ReportRow[] {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  const args = ['report', '--json', '--top', '10000', '--store', store, '--from', from!, '--to', to!];
  const lines = execFileSync('./pebble', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as ReportRow);
}
