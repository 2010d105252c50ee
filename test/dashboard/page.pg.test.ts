/** The first page in a real browser: its rows are those of the API, and its console is silent. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { LiveSnapshot } from '../../src/api/index.ts';
import { formatRate } from '../../src/base/units.ts';
import { type LiveDemo, noRoot, startLiveDemo } from './live.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = noRoot || (existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}`);
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('the first page', { skip }, () => {
  let demo: LiveDemo;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    demo = await startLiveDemo();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (sent) => {
      if (new URL(sent.url()).origin !== new URL(demo.link).origin) complaints.push(`a request to ${sent.url()}`);
    });
    await page.goto(demo.link);
    await page.locator('tbody tr').nth(4).waitFor();
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  test('shows the rows of the API', async () => {
    for (let attempt = 0; ; attempt++) {
      const [shown, served] = await page.evaluate<[string[][], LiveSnapshot]>(READ_BOTH);
      const expected = served.frame.queries.map((row) => [
        row.fingerprint,
        formatRate((row.on_cpu_us + row.off_cpu_us + row.run_queue_us) / row.window_us),
        formatRate((row.calls * 1e6) / row.window_us),
      ]);
      const sorted = (rows: readonly string[][]): string[] => rows.map((row) => row.join(' ')).sort();
      // The stream may be a moment behind the API: then the next look agrees.
      if (attempt < 20 && sorted(shown).join() !== sorted(expected).join()) {
        await page.waitForTimeout(70);
        continue;
      }
      assert.deepEqual(sorted(shown), sorted(expected));
      break;
    }
  });

  test('names the CPUs and the load, sorts on request', async () => {
    assert.match(await page.locator('#load').innerText(), /^Database load: [\d.]+ active sessions on \d+ CPUs$/);
    await page.getByRole('button', { name: 'calls/s' }).click();
    const calls = await page.locator('tbody tr td:nth-child(2)').allInnerTexts();
    assert.deepEqual(
      calls,
      calls.toSorted((a, b) => Number(b) - Number(a)),
    );
  });

  test('fits a narrow screen, and says nothing on the console', async () => {
    await page.setViewportSize({ width: 400, height: 800 });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= 400, `the page is ${width} px wide`);
    assert.deepEqual(complaints, []);
  });
});

/** Runs in the page: what it shows, and what the API says at that moment. */
const READ_BOTH = `(async () => {
  const served = await (await fetch('/api/live')).json();
  const rows = [...document.querySelectorAll('tbody tr')];
  return [rows.map((row) => [row.dataset.fingerprint, row.cells[0].innerText, row.cells[1].innerText]), served];
})()`;
