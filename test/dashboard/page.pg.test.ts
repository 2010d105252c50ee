/** The pages in a real browser: their figures are those of the API, and the console is silent. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { CatalogAnswer, ExecutionRow, HeatmapAnswer, LoadAnswer, QueryRow } from '../../src/api/index.ts';
import { formatCount, formatLoad, formatMicroseconds, formatRate } from '../../src/base/units.ts';
import { KINDS } from '../../src/dashboard/ui/classes.ts';
import { VIEWS } from '../../src/dashboard/views/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { TraceConsole } from '../../src/server/index.ts';
import { listTools, saveTool } from '../../src/toolbox/index.ts';
import { until } from '../cli/pebble.ts';
import { faultsOf, tabThrough } from './accessibility.ts';
import { complaintsOf, noPages, openPage, startBrowser } from './browser.ts';
import { cellsOf } from './figures.ts';
import { type LiveDemo, startLiveDemo } from './live.ts';
import { PageMeter } from './measure.ts';
import { drag, spotOf } from './pictures.ts';

describe('the pages', { skip: noPages }, () => {
  let demo: LiveDemo;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let meter: PageMeter;
  const audit: string[] = [];
  const shelf = mkdtempSync(join(tmpdir(), 'pebble-shelf-'));

  before(async () => {
    process.env.PEBBLE_TOOLS = shelf;
    const list = () => listTools().flatMap((tool) => ('source' in tool ? [{ ...tool, text: tool.source.text }] : []));
    demo = await startLiveDemo({
      console: new TraceConsole({ list, save: saveTool }),
      allowSignals: true,
      audit: (line) => audit.push(line),
    });
    browser = await startBrowser();
    page = await openPage(browser);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    complaints = complaintsOf(page, new URL(demo.link).origin);
    meter = await PageMeter.of(page);
    await page.goto(demo.link);
    await page.locator('tr[data-fingerprint]').nth(4).waitFor();
    await until('a window of the past has rows, too', async () => (await page.evaluate<number>(COUNT_OF_THE_PAST)) > 4);
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
    delete process.env.PEBBLE_TOOLS;
    rmSync(shelf, { recursive: true });
  });

  test('a window that stands still shows the rows of the API', async () => {
    await page.getByRole('button', { name: 'pause' }).click();
    await page.getByRole('button', { name: 'go live' }).waitFor();
    // The last two seconds of the window are still being added up; a colleague opens the link later.
    await page.waitForTimeout(3000);
    await page.reload();
    await page.locator('tr[data-fingerprint]').nth(4).waitFor();
    const [shown, served] = await page.evaluate<[string[][], QueryRow[]]>(READ_BOTH);
    const expected = served.map((row) => [
      row.fingerprint,
      formatLoad((row.on_cpu_us + row.off_cpu_us + row.run_queue_us) / row.window_us),
      formatRate((row.calls * 1e6) / row.window_us),
      row.latency_us.p95 === null ? '-' : formatMicroseconds(row.latency_us.p95),
    ]);
    const sorted = (rows: readonly string[][]): string[] => rows.map((row) => row.join(' ')).sort();
    assert.ok(served.length > 4);
    assert.deepEqual(sorted(shown), sorted(expected));
    // Copied: all of them, each on a line; their texts are many lines long.
    await page.getByRole('button', { name: 'copy as CSV' }).click();
    await page.getByText('copied', { exact: true }).waitFor();
    const csv = await page.evaluate<string>('navigator.clipboard.readText()');
    assert.match(csv, /^load,time,query,calls\/s,/);
    assert.equal(csv.match(/^[\d.e-]+,[\d.e-]+,/gm)?.length, served.length);
    for (const { query } of served) assert.ok(csv.includes(query!.replaceAll('"', '""')), query!);
  });

  test('names the CPUs and the load, sorts on request', async () => {
    assert.match(await page.locator('#load-wait_event_type').innerText(), /^Active sessions: [\d.]+ on \d+ CPUs$/);
    await page.getByRole('button', { name: 'calls/s' }).click();
    await page.waitForURL(/queries\.sort=calls/);
    await page.locator('th[aria-sort=descending]', { hasText: 'calls/s' }).waitFor();
    const calls = (await page.locator('tr[data-fingerprint] td:nth-child(4)').allInnerTexts()).map(Number);
    assert.deepEqual(
      calls,
      calls.toSorted((a, b) => b - a),
    );
  });

  test('a drag over the chart zooms, a click on a colour filters everything, and each is taken back', async () => {
    const window = await aMinute();
    await openAt('load', `from=${window.from}&to=${window.to}`);
    const drawn = await page.evaluate<LoadAnswer>(ASK_LOAD);
    const start = Date.parse(drawn.from);
    const ms = (drawn.series[0]!.sessions.length * drawn.step_us) / 1000;
    await drag(page, page.locator('.load-chart .plot').first(), { from: [0.25, 0.5], to: [0.75, 0.6] });
    await page.waitForURL((url) => url.searchParams.get('from') !== window.from);
    const part = (name: string): number => (Date.parse(new URL(page.url()).searchParams.get(name)!) - start) / ms;
    // The axis is not a part of the time.
    assert.ok(Math.abs(part('from') - 0.25) < 0.06 && Math.abs(part('to') - 0.75) < 0.06, page.url());
    await page.goBack();
    await page.waitForURL((url) => url.searchParams.get('from') === window.from);
    await openAt('load', `from=${window.from}&to=${window.to}`);
    const [x, y] = await spotOf(page, '.load-chart canvas', KINDS.Lock!.colour);
    await meter.scriptOf(() => page.mouse.click(x, y));
    assert.equal(new URL(page.url()).searchParams.get('wait_event_type'), 'Lock');
    const [shown, served] = await page.evaluate<[string[][], QueryRow[]]>(READ_BOTH);
    const texts = served.map(({ query }) => query!).join();
    assert.ok(texts.includes('UPDATE demo.counters') && !texts.includes('FROM demo.products'), texts);
    assert.deepEqual(shown.map(([own]) => own).sort(), served.map(({ fingerprint }) => fingerprint).sort());
    const legend = await page.locator('.legend .name').allInnerTexts();
    assert.deepEqual(legend, ['Lock']);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('wait_event_type'));
  });

  test('a box and a cell of the latencies list the executions in them, and each is a waterfall of its steps', async () => {
    const window = await aMinute();
    await openAt('latency', `from=${window.from}&to=${window.to}`);
    const inBox = (box: string, all: readonly ExecutionRow[]): ExecutionRow[] => {
      const [from, to, fromUs, toUs] = box.split(',').map(Number);
      return all.filter(({ started, latency_us: us }) => {
        const ended = Date.parse(started) + us / 1000;
        return ended >= from! && ended <= to! && us >= fromUs! && us <= toUs!;
      });
    };
    const slowestOf = (rows: readonly ExecutionRow[]): ExecutionRow =>
      rows.reduce((most, row) => (row.latency_us > most.latency_us ? row : most));
    // What is kept of a minute goes with time, the quickest first: a table and an answer of one moment are the same.
    const assertListed = async (box: string): Promise<ExecutionRow> => {
      let cells: string[][] = [];
      let expected: ExecutionRow[] = [];
      await until(`the table has the executions in ${box}`, async () => {
        const told = await page.evaluate<[string[][], number]>(cellsOf('executions', ['latency', 'pid']));
        expected = inBox(box, await page.evaluate<ExecutionRow[]>(ASK_EXECUTIONS));
        cells = told[0];
        return expected.length > 0 && expected.length === told[1];
      });
      const slowest = slowestOf(expected);
      assert.deepEqual(cells[0], [formatMicroseconds(slowest.latency_us), String(slowest.pid)]);
      return slowest;
    };
    const plot = page.locator('.plot').first();
    await meter.scriptOf(() => drag(page, plot, { from: [0.4, 0.02], to: [0.98, 0.7] }));
    await assertListed(new URL(page.url()).searchParams.get('box')!);
    // Those that took longer than half of them did.
    const all = await page.evaluate<ExecutionRow[]>(ASK_EXECUTIONS);
    const median = all.map(({ latency_us }) => latency_us).toSorted((a, b) => a - b)[all.length >> 1]!;
    const box = [Date.parse(window.from), Date.parse(window.to), Math.ceil(median), 1e9].join();
    assert.ok(inBox(box, all).length < all.length);
    await openAt('latency', `from=${window.from}&to=${window.to}&box=${box}`);
    const slowest = await assertListed(box);
    await meter.scriptOf(() => page.locator('table[data-table=executions] tbody tr').first().click());
    const main = await page.locator('main').innerText();
    assert.ok(main.includes(`process ${slowest.pid}, `), main);
    for (const { us, wait_event_type: type, wait_event, blocker_pid } of slowest.steps) {
      if (us < slowest.latency_us / 100 || type === null) continue;
      assert.ok(main.includes(`${type} · ${wait_event}`), main);
      if (blocker_pid !== null) assert.match(main, /held by process \d+/);
    }
    await page.goBack();
    await page.getByRole('button', { name: 'no box' }).click();
    await page.waitForURL((url) => !url.searchParams.has('box'));
    const { columns } = await page.evaluate<HeatmapAnswer>(ASK_HEATMAP);
    const [x, y] = await spotOf(page, '.plot canvas', ACCENT);
    await page.mouse.click(x, y);
    await page.waitForURL(/box=/);
    const [from, to, fromUs, toUs] = new URL(page.url()).searchParams.get('box')!.split(',').map(Number);
    const column = columns.find(({ at }) => Date.parse(at) === from)!;
    assert.equal(to! - from!, column.step_us / 1000);
    const rounded = column.buckets.map(({ from_us, to_us }) => [from_us, to_us].map(Math.round).join());
    assert.ok(rounded.includes([fromUs, toUs].join()), `${fromUs} to ${toUs} of ${rounded.join(' ')}`);
  });

  test('a statement is cancelled after a question, and only then, and that is written down', async () => {
    const connection = await Connection.open({ ...demo.cluster, applicationName: 'to-cancel' });
    const running = connection.query('SELECT pg_sleep(600)').then(() => 'slept', String);
    await open('sessions');
    const cancel = page.locator('tr[data-application=to-cancel]').getByRole('button', { name: 'cancel', exact: true });
    const questions: string[] = [];
    const answerWith = (answer: 'accept' | 'dismiss'): void =>
      void page.once('dialog', (dialog) => {
        questions.push(dialog.message());
        return dialog[answer]();
      });
    answerWith('dismiss');
    await cancel.click();
    assert.deepEqual(
      audit.filter((line) => /did cancel/.test(line)),
      [],
    );
    answerWith('accept');
    await cancel.click();
    assert.match(await running, /canceling statement due to user request/);
    assert.match(questions[1]!, /^Cancel what it executes: process \d+ \(to-cancel\) of /);
    assert.equal(questions[0], questions[1]);
    assert.match(audit.at(-1)!, /^link did cancel process \d+ .*"to-cancel"/);
    await connection.close();
  });

  test('upkeep has what PostgreSQL says of its tables, and a statement its plan', async () => {
    await page.goto(`${new URL(demo.link).origin}/?view=upkeep`);
    await page
      .locator('table[data-table=horizon] tbody tr', { hasText: 'idle-in-transaction' })
      .first()
      .waitFor({ timeout: 90_000 });
    assert.match(await page.locator('dl.facts').innerText(), /role\s+primary/);
    await page.goto(`${new URL(demo.link).origin}/?view=sessions`);
    const ours = page.locator('tr[data-application=pebble]');
    await page.locator('tr[data-application=hot-query]').first().waitFor();
    assert.equal(await ours.count(), 0, 'whose connections these are is no trouble of the server');
    await page.getByRole('checkbox', { name: 'with background processes' }).click();
    await ours.first().waitFor();
    await page.goto(`${new URL(demo.link).origin}/?view=queries`);
    await page.locator('tr[data-fingerprint]', { hasText: 'UPDATE demo.stock' }).first().click();
    await page.getByRole('button', { name: 'explain' }).click();
    await page.locator('pre.plan', { hasText: 'Update on stock' }).waitFor();
  });

  test('sessions are those of pg_stat_activity, and the server says of itself what its catalog says', async () => {
    const connection = await Connection.open({ ...demo.cluster, applicationName: 'second-source' });
    const ask = async (query: string): Promise<string[]> =>
      (await connection.query(query))[0]!.rows.map((row) => row.join(' '));
    await open('sessions');
    await page.locator('tr[data-application=second-source]').waitFor();
    const known = await ask(
      `SELECT pid, usename, datname, application_name FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> 'pebble'`,
    );
    const sorted = (rows: string[]): string[] => rows.toSorted();
    assert.ok(known.length > 10);
    const seen = new Set<string>();
    // A session in the middle of a change may be in the next answer only.
    const shown = async (): Promise<string[]> => {
      const [cells] = await page.evaluate<[string[][], number]>(cellsOf('sessions', SESSION));
      return cells.map((row) => row.join(' '));
    };
    const until = Date.now() + 60_000;
    while (!known.every((row) => seen.has(row)) && Date.now() < until) {
      for (const row of await shown()) seen.add(row);
      await page.waitForTimeout(250);
    }
    assert.deepEqual(sorted(known.filter((row) => seen.has(row))), sorted(known));
    await page.locator('table[data-table=clients] tr[data-application=hot-query]').getByRole('button').press('Enter');
    const others = page.locator('table[data-table] tr[data-application]:not([data-application=hot-query])');
    await others.first().waitFor({ state: 'detached' });
    const hot = await page.locator('table[data-table=clients] tr[data-application=hot-query]').innerText();
    assert.match(hot, /^hot-query\s+local\s/);
    await openAt('load', 'last=1m&application=hot-query');
    await page.getByText('not told apart by application').waitFor();
    await page.getByText(/Active sessions: /).waitFor();
    await page.getByRole('button', { name: 'no longer only application hot-query' }).click();
    await page.locator('tr[data-fingerprint]').first().waitFor();
    await open('upkeep');
    const facts = await page.locator('dl.facts').innerText();
    const [buffers] = await ask('SHOW shared_buffers');
    assert.ok(facts.includes(`shared_buffers = ${buffers}`), facts);
    // PostgreSQL is asked every half minute, maybe between these two: then they agree at the second look.
    const look = async (): Promise<readonly string[][]> => {
      await open('upkeep');
      const { connections } = await page.evaluate<CatalogAnswer>("fetch('/api/catalog').then((told) => told.json())");
      const [tables] = await page.evaluate<[string[][], number]>(
        cellsOf('vacuum', ['table', 'dead rows', 'live rows']),
      );
      const { vacuum } = connections[0]!.facts!;
      const owed = vacuum.map((row) => [row.relation, formatCount(row.dead_tuples), formatCount(row.live_tuples)]);
      return [tables, owed].map((rows) => sorted(rows.map((row) => row.join(' '))));
    };
    let [tables, owed] = await look();
    for (let turn = 0; turn < 3 && String(tables) !== String(owed); turn++) [tables, owed] = await look();
    assert.deepEqual(tables, owed);
    await connection.close();
  });

  test('the console completes a word, complains at its line, and counts what happens', async () => {
    await page.goto(`${new URL(demo.link).origin}/?view=console`);
    const script = page.locator('textarea');
    await script.fill('tracepoint:sched:sched_switch {\n  @switches = cou');
    await page.getByRole('button', { name: 'count', exact: true }).waitFor();
    await script.press('Tab');
    assert.match(await script.inputValue(), /@switches = count$/);
    await page.locator('.diagnostics', { hasText: 'line 2' }).waitFor();
    await script.press('End');
    await page.keyboard.type('(); }');
    await page.getByText('No complaint.').waitFor();
    await script.press('Control+Enter');
    await page.locator('h3', { hasText: '@switches' }).waitFor();
    const counted = page.locator('section', { hasText: 'Maps' }).locator('td').nth(1);
    const first = Number(await counted.innerText());
    while (Number(await counted.innerText()) <= first) await page.waitForTimeout(200);
    await stopScript();
  });

  const stopScript = async (): Promise<void> => {
    await page.getByRole('button', { name: 'stop', exact: true }).click();
    await page.getByRole('button', { name: 'run', exact: true }).and(page.locator(':enabled')).waitFor();
  };

  test('what was tried is saved as a tool, is in the list from then on, and runs; histograms and lines come live', async () => {
    const script = page.locator('textarea');
    await page.getByRole('textbox', { name: 'name of the tool' }).fill('switches');
    await page.getByRole('button', { name: 'save as a tool' }).click();
    await page.getByText('saved: pebble run switches').waitFor();
    await script.fill('BEGIN { exit(); }');
    await page.locator('select[aria-label="open a tool"] option[value=switches]').waitFor({ state: 'attached' });
    await page.getByRole('combobox', { name: 'open a tool' }).selectOption('switches');
    assert.match(await script.inputValue(), /@switches = count\(\)/);
    await page.getByText('No complaint.').waitFor();
    await page.getByRole('button', { name: 'run', exact: true }).click();
    await page.locator('h3', { hasText: '@switches' }).waitFor();
    await stopScript();
    await script.fill('interval:ms:100 { @us = hist(1000); printf("tick %d\\n", 7); }');
    await page.getByText('No complaint.').waitFor();
    await script.press('Control+Enter');
    await page.locator('section', { hasText: 'Output' }).getByText('tick 7').first().waitFor();
    const bucket = page.locator('table.histogram tr', { hasText: '[512, 1024)' }).locator('td').nth(1);
    while (Number(await bucket.innerText()) < 3) await page.waitForTimeout(200);
    await stopScript();
  });

  test('a flame graph is walked and zoomed by the keyboard, and says where it is', async () => {
    await demo.feed.profiler.take('on_cpu', 1);
    await open('flames', '15m');
    const graph = page.getByRole('tree', { name: /^flame graph/ });
    const here = graph.getByRole('treeitem');
    const level = async (): Promise<number> => Number(await here.getAttribute('aria-level'));
    await graph.focus();
    assert.match(await here.innerText(), /^all, .*100%/);
    const whole = await page.evaluate<string>(PIXELS);
    for (const deeper of [2, 3]) {
      await page.keyboard.press('ArrowDown');
      await page.locator(`[role=treeitem][aria-level="${deeper}"]`).waitFor({ state: 'attached' });
    }
    const name = (await here.innerText()).split(',')[0]!;
    assert.notEqual(await page.evaluate<string>(PIXELS), whole, 'where the keyboard is shows');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('path')?.endsWith(name) ?? false);
    assert.equal(await level(), 3);
    await page.keyboard.press('ArrowUp');
    await page.locator('[role=treeitem][aria-level="2"]').waitFor({ state: 'attached' });
    await page.keyboard.press('Backspace');
    await page.waitForURL((url) => url.searchParams.get('path')?.split('\n').length === 1);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('path'));
    await page.keyboard.press('Home');
    await page.locator('[role=treeitem][aria-level="1"]').waitFor({ state: 'attached' });
    assert.equal(await page.evaluate<boolean>("document.activeElement.getAttribute('role') === 'tree'"), true);
  });

  test('the keyboard goes from view to view, pauses and compares', async () => {
    await page.goto(`${new URL(demo.link).origin}/?view=queries&last=1m`);
    await page.locator('tr[data-fingerprint]').first().waitFor();
    await page.keyboard.press('c');
    await page.waitForURL(/compare=before/);
    await page.keyboard.press(' ');
    await page.waitForURL(/from=/);
    await page.keyboard.press('Escape');
    const rows = page.locator('tr[data-fingerprint]');
    assert.equal(await rows.locator('button:not([tabindex="-1"])').count(), 1, 'rows are one stop of Tab');
    await rows.locator('button').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    const second = await rows.nth(1).getAttribute('data-fingerprint');
    assert.equal(await page.evaluate(FOCUSED_ROW), second);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('fingerprint') === second);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('fingerprint'));
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.getByRole('heading', { name: 'Who blocks' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('How sure').waitFor();
    await page.keyboard.press('Escape');
    const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.keyboard.press('t');
    assert.notEqual(await ground(), light, 'dark');
    await page.reload();
    await page.getByRole('button', { name: 'theme: dark' }).waitFor();
    assert.notEqual(await ground(), light, 'it is kept');
    await page.keyboard.press('t');
    await page.keyboard.press('t');
    assert.equal(await ground(), light, 'as the system, which is light');
  });

  test('Tab comes by everything, always in sight and marked, and is held nowhere', async () => {
    for (const { id } of VIEWS.filter(({ id }) => TABBED.has(id))) {
      // So long that nothing leaves the window meanwhile, and takes the focus along.
      await open(id, '15m');
      const seen = await tabThrough(page);
      const bad = seen.filter(({ isSeen, isMarked }) => !isSeen || !isMarked);
      assert.deepEqual(bad, [], id);
      const names = seen.map(({ name }) => name);
      assert.equal(names[0], 'a skip to the view');
      const order = ['a Database load', 'select time range', 'a watching costs'];
      const places = order.map((name) => names.findIndex((one) => one.startsWith(name)));
      assert.deepEqual(
        places,
        places.toSorted((x, y) => x - y),
        `${id}: ${names.join(', ')}`,
      );
      assert.ok(!places.includes(-1), `${id}: ${names.join(', ')}`);
    }
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate<string>('document.activeElement.id'), 'view');
  });

  describe('says what watching costs, and has no serious fault of accessibility, light at 1280 and dark at 400 pixels', () => {
    for (const { title } of VIEWS) {
      test(title, async () => {
        await page.setViewportSize({ width: 1280, height: 900 });
        const link = page.getByRole('navigation').getByRole('link', { name: title, exact: true });
        await meter.scriptOf(() => link.click());
        assert.match(await page.locator('footer').innerText(), COST);
        assert.deepEqual(await faultsOf(page), []);
      });
    }
  });

  test('says nothing on the console', () => assert.deepEqual(complaints, []));

  /** Until it has what it shows. */
  const open = (view: string, last = '1m'): Promise<void> => openAt(view, `last=${last}`);
  const openAt = async (view: string, search: string): Promise<void> => {
    await meter.scriptOf(async () => {
      await page.goto(`${new URL(demo.link).origin}/?view=${view}&${search}`);
      await page.locator('main h1').waitFor();
    });
  };

  /** The last one that is added up to its end. */
  const aMinute = async (): Promise<{ from: string; to: string }> => {
    const to = Date.parse(demo.feed.status().at);
    await page.waitForTimeout(SETTLES_MS);
    const [from, end] = [to - 60_000, to].map((at) => new Date(at).toISOString());
    return { from: from!, to: end! };
  };
});

/** Those with the most different parts; the frame is the same in all. */
const TABBED = new Set(['load', 'console', 'flames']);
/** The last two seconds of a window are still being added up. */
const SETTLES_MS = 3000;
const SESSION = ['pid', 'user', 'database', 'application'];
const FOCUSED_ROW = "document.activeElement.closest('tr').dataset.fingerprint";
/** Always on the screen. */
const COST = /^watching costs [\d.<]+% of this host's CPUs, [\d.]+[MG]iB\s+(no event|[\d.kM]+ events?) lost/;
/** Light: that of cells, too. */
const ACCENT = '#245f7d';
/** Runs in the page: what the flame graph looks like. */
const PIXELS = "document.querySelector('.flame canvas').toDataURL()";

const ASK_LOAD = "fetch('/api/load' + location.search + '&by=wait_event_type').then((told) => told.json())";
const ASK_HEATMAP = "fetch('/api/heatmap' + location.search).then((told) => told.json())";
const ASK_EXECUTIONS =
  "fetch('/api/rows/executions' + location.search).then((told) => told.json()).then(({ rows }) => rows)";

/** Of the minute before the second that has not ended. */
const COUNT_OF_THE_PAST = `(() => {
  const [from, to] = [61, 1].map((s) => new Date(Date.now() - s * 1000).toISOString());
  return fetch('/api/rows/queries?from=' + from + '&to=' + to).then((told) => told.json()).then(({ rows }) => rows.length);
})()`;

/** Runs in the page: what its table shows, and what the API says of the same window. */
const READ_BOTH = `(async () => {
  const answer = await (await fetch('/api/rows/queries' + location.search)).json();
  const cell = (row, title) => {
    const at = [...document.querySelectorAll('table[data-table=queries] th')].findIndex((th) => th.innerText.startsWith(title));
    return row.cells[at].innerText.replace('≈', '');
  };
  const rows = [...document.querySelectorAll('tr[data-fingerprint]')];
  return [rows.map((row) => [row.dataset.fingerprint, cell(row, 'load'), cell(row, 'calls/s'), cell(row, 'p95')]), answer.rows];
})()`;
