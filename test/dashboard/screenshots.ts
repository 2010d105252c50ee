/** `npm run screenshots [-- FOLDER]`: every view on the demo, dark and light, wide and narrow, as pictures to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { VIEWS } from '../../src/dashboard/views/index.ts';
import { TraceConsole } from '../../src/server/index.ts';
import { noPages, startBrowser } from './browser.ts';
import { type LiveDemo, startLiveDemo } from './live.ts';

const WIDTHS = { wide: 1280, narrow: 400 } as const;
/** The forgotten transaction lasts six seconds of eight; the scan comes every few seconds. */
const WARM_UP_MS = 25_000;
const SETTLE_MS = 1500;
/** Other work of the machine may take most of it. */
const PATIENCE_MS = 180_000;
const SCRIPT =
  'tracepoint:sched:sched_switch /comm == "postgres"/ { @[args.prev_state] = count(); @us = hist(elapsed / 1000); }';

async function main([folder = 'screenshots']: readonly string[]): Promise<void> {
  if (noPages) throw new Error(noPages);
  mkdirSync(folder, { recursive: true });
  const demo = await startLiveDemo({ console: new TraceConsole(), allowSignals: true });
  const browser = await startBrowser();
  try {
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
    await shoot(browser, demo, folder);
  } finally {
    await browser.close();
    await demo.close();
  }
}

async function shoot(browser: Browser, demo: LiveDemo, folder: string): Promise<void> {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const { origin } = new URL(demo.link);
  await page.goto(demo.link);
  const places = await placesOf(page);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [name, width] of Object.entries(WIDTHS)) {
      await page.setViewportSize({ width, height: 900 });
      for (const [view, address] of places) {
        await page.goto(`${origin}/${address}`);
        await page.locator('main h1').waitFor();
        await page.waitForTimeout(SETTLE_MS);
        if (view === 'help') await page.keyboard.press('?');
        if (view === 'console') await runScript(page);
        await page.screenshot({ path: join(folder, `${view}-${colorScheme}-${name}.png`) });
        const whole = { path: join(folder, `${view}-${colorScheme}-${name}-whole.png`), fullPage: true };
        if (await page.evaluate<boolean>('document.documentElement.scrollHeight > innerHeight'))
          await page.screenshot(whole);
      }
    }
  }
  await context.close();
}

/** Each view, a query with all its parts, a picture beside the window before, and the help. */
async function placesOf(page: Page): Promise<[name: string, address: string][]> {
  await page.locator('tr[data-fingerprint]').first().waitFor();
  const row = page.locator('tr[data-fingerprint]', { hasText: 'UPDATE demo.counters' }).first();
  const fingerprint = await row.getAttribute('data-fingerprint');
  await page.evaluate(TAKE_PROFILE);
  return [
    ...VIEWS.map(({ id }): [string, string] => [id, `?view=${id}`]),
    ['one-query', `?view=query&fingerprint=${fingerprint}`],
    ['off-cpu', '?view=flames&kind=off_cpu'],
    ['compared', '?view=queries&last=10s&compare=before'],
    ['help', `?view=load`],
    ['nothing', '?view=queries&from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z'],
  ].map(([name, search]) => [name!, search!] as [string, string]);
}

const TAKE_PROFILE = `(async () => {
  for (const kind of ['on_cpu', 'off_cpu']) {
    await fetch('/api/profile', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind, seconds: 5 }) });
  }
})()`;

async function runScript(page: Page): Promise<void> {
  await page.locator('textarea').fill(SCRIPT);
  const run = page.getByRole('button', { name: 'run', exact: true });
  if (await run.isDisabled()) await page.getByRole('button', { name: 'stop', exact: true }).click();
  await run.click();
  await page.waitForTimeout(5000);
}

await main(process.argv.slice(2));
