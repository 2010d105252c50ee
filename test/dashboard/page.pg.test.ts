/** The pages in a real browser: their figures are those of the API, and the console is silent. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { CatalogAnswer, QueryRow } from '../../src/api/index.ts';
import { formatCount, formatLoad, formatMicroseconds, formatRate } from '../../src/base/units.ts';
import { VIEWS } from '../../src/dashboard/views/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { TraceConsole } from '../../src/server/index.ts';
import { listTools, saveTool } from '../../src/toolbox/index.ts';
import { faultsOf, tabThrough } from './accessibility.ts';
import { complaintsOf, noPages, openPage, startBrowser } from './browser.ts';
import { cellsOf } from './figures.ts';
import { type LiveDemo, startLiveDemo } from './live.ts';
import { PageMeter } from './measure.ts';

describe('the pages', { skip: noPages }, () => {
  let demo: LiveDemo;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let meter: PageMeter;
  const shelf = mkdtempSync(join(tmpdir(), 'pebble-shelf-'));

  before(async () => {
    process.env.PEBBLE_TOOLS = shelf;
    const list = () => listTools().flatMap((tool) => ('source' in tool ? [{ ...tool, text: tool.source.text }] : []));
    demo = await startLiveDemo({ console: new TraceConsole({ list, save: saveTool }) });
    browser = await startBrowser();
    page = await openPage(browser);
    complaints = complaintsOf(page, new URL(demo.link).origin);
    meter = await PageMeter.of(page);
    await page.goto(demo.link);
    await page.locator('tr[data-fingerprint]').nth(4).waitFor();
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
    await page.getByRole('button', { name: 'stop', exact: true }).click();
    await page.getByRole('button', { name: 'run', exact: true }).and(page.locator(':enabled')).waitFor();
  });

  test('what was tried is saved as a tool, is in the list from then on, and runs', async () => {
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
    await page.getByRole('button', { name: 'stop', exact: true }).click();
    await page.getByRole('button', { name: 'run', exact: true }).and(page.locator(':enabled')).waitFor();
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
    await page.locator('tr[data-fingerprint] button').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/view=query&.*fingerprint=/);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('fingerprint'));
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.getByRole('heading', { name: 'Who blocks' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('How sure').waitFor();
    await page.keyboard.press('Escape');
  });

  test('Tab comes by everything, always in sight and marked, and is held nowhere', async () => {
    for (const { id } of VIEWS.filter(({ id }) => TABBED.has(id))) {
      await open(id);
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

  describe('has no serious fault of accessibility, light and dark, at 1280 and at 400 pixels', () => {
    for (const { title } of VIEWS) {
      test(title, async () => {
        await page.setViewportSize({ width: 1280, height: 900 });
        const link = page.getByRole('navigation').getByRole('link', { name: title, exact: true });
        await meter.scriptOf(() => link.click());
        assert.deepEqual(await faultsOf(page), []);
      });
    }
  });

  test('says nothing on the console', () => assert.deepEqual(complaints, []));

  /** Until it has what it shows. */
  const open = async (view: string, last = '1m'): Promise<void> => {
    await meter.scriptOf(async () => {
      await page.goto(`${new URL(demo.link).origin}/?view=${view}&last=${last}`);
      await page.locator('main h1').waitFor();
    });
  };
});

/** Those with the most different parts; the frame is the same in all. */
const TABBED = new Set(['load', 'console', 'flames']);
const SESSION = ['pid', 'user', 'database', 'application'];
/** Runs in the page: what the flame graph looks like. */
const PIXELS = "document.querySelector('.flame canvas').toDataURL()";

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
