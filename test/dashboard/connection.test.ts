/** An open page whose agent ends, comes back, and knows its reader no more: it says so, and goes on by itself. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { StoreFeed } from '../../src/agent/index.ts';
import { LiveServer } from '../../src/server/index.ts';
import { RecentStore } from '../../src/store/index.ts';
import { Generator } from '../../src/store/testing/generate.ts';
import { noBrowser, openPage, startBrowser } from './browser.ts';

const HOUR_MS = 3_600_000;
const SECONDS = 60;

describe('an open page', { skip: noBrowser }, () => {
  const store = new RecentStore();
  const feed = new StoreFeed(store, 'db1');
  let server: LiveServer;
  let browser: Browser;
  let page: Page;
  let port: number;

  before(async () => {
    const generator = new Generator({ host: 'db1', queries: 5, durationMs: 1000 });
    const nowMs = Date.now();
    for (let second = SECONDS; second > 0; second--) await store.append(generator.interval(nowMs - second * 1000));
    server = await LiveServer.listen({ feed, history: store });
    port = Number(new URL(server.link).port);
    browser = await startBrowser();
    page = await openPage(browser);
    await page.goto(server.link);
    await rows().first().waitFor();
  });
  after(async () => {
    await browser?.close();
    server?.close();
    feed.close();
  });

  const rows = () => page.locator('table[data-table=queries] tbody tr[data-fingerprint]');
  const state = () => page.locator('.live-state');

  test('says that the agent is gone, and since when, and keeps what it has', async () => {
    server.close();
    await state()
      .filter({ hasText: /^no answer from the agent since \d\d:\d\d:\d\d; trying again$/ })
      .waitFor();
    assert.ok((await rows().count()) > 0);
    await page.getByRole('navigation').getByRole('link', { name: 'Waits', exact: true }).click();
    await page.getByText('This view cannot be loaded').waitFor();
  });

  test('goes on when it is signed in at the agent that was started anew', async () => {
    server = await LiveServer.listen({ feed, history: store, port });
    await page.getByRole('alert').filter({ hasText: 'You are signed out' }).waitFor();
    const known = page.waitForResponse((answer) => answer.url().endsWith('/api/me') && answer.ok());
    await page.context().request.get(server.link);
    await state()
      .filter({ hasText: /^live$/ })
      .waitFor();
    await known;
    await page.locator('table[data-table=waits] tbody tr').first().waitFor();
    assert.equal(await page.getByText('You are signed out').count(), 0);
    assert.match(page.url(), /view=waits/);
  });

  test('shows the same however wrong the clock of the browser is', async () => {
    const wrong = await browser.newContext();
    const late = await wrong.newPage();
    await late.clock.setFixedTime(Date.now() + 5 * HOUR_MS);
    await late.goto(server.link);
    await late.locator('table[data-table=queries] tbody tr[data-fingerprint]').first().waitFor();
    assert.match(await late.locator('main').innerText(), /Active sessions: [\d.]+/);
    await wrong.close();
  });
});
