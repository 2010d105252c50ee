/** Pages without eBPF: times as estimates, and everything that samples cannot tell as unknown, not as zero. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { SampledFeed } from '../../src/agent/index.ts';
import type {
  LoadAnswer,
  LockRow,
  RowsAnswer,
  SampledQueryRow,
  SampledWaitRow,
  SessionRow,
  Status,
} from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Sampled } from '../../src/collect/sampled/index.ts';
import { LiveServer, sampledSources } from '../../src/server/index.ts';
import { startDemo } from '../../src/workload/index.ts';
import { complaintsOf, noPages, openPage, startBrowser } from './browser.ts';
import { signIn } from './live.ts';

const SHORTCOMING = 'sampled 20 times a second: times are estimates; missing here: root (sudo)';

describe('pages of samples', { skip: noPages }, () => {
  let cluster: Cluster;
  let workload: { stop(): Promise<void> };
  let sampled: Sampled;
  let feed: SampledFeed;
  let server: LiveServer;
  let browser: Browser;
  let page: Page;
  let origin: string;
  let complaints: string[];

  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    workload = await startDemo(cluster);
    sampled = (await Sampled.start({ pgdata: cluster.pgdata }))!;
    feed = new SampledFeed(sampled, SHORTCOMING);
    server = await LiveServer.listen({ feed, sources: sampledSources(feed) });
    origin = new URL(server.link).origin;
    browser = await startBrowser();
    page = await openPage(browser);
    complaints = complaintsOf(page, origin);
    await page.goto(server.link);
    await page.locator('tr[data-fingerprint]').nth(2).waitFor({ timeout: 60_000 });
  });
  after(async () => {
    await browser?.close();
    server?.close();
    feed?.close();
    sampled?.close();
    await workload?.stop();
    await cluster?.stop();
  });

  test('the API says what is known, and null for the rest', async () => {
    const cookie = await signIn(server.link);
    const ask = async <Answer>(path: string): Promise<Answer> =>
      (await (await fetch(`${origin}${path}`, { headers: { cookie } })).json()) as Answer;
    const rows = async <Row>(kind: string): Promise<readonly Row[]> => {
      const answer = await ask<RowsAnswer<Row>>(`/api/rows/${kind}?last=1m`);
      assert.equal(answer.missing, null, kind);
      return answer.missing === null ? answer.rows : [];
    };
    const queries = await rows<SampledQueryRow>('queries');
    const update = queries.find(({ query }) => query?.startsWith('UPDATE demo.counters'))!;
    assert.deepEqual([update.coverage, update.calls, update.latency_us.p95], ['sampled', null, null]);
    assert.ok(update.off_cpu_us > update.on_cpu_us);
    const waits = await rows<SampledWaitRow>('waits');
    const locked = waits.filter((row) => row.fingerprint === update.fingerprint && row.wait_event_type === 'Lock');
    assert.ok(locked.length > 0 && locked.every(({ count }) => count === null));
    assert.ok((await rows<SessionRow>('sessions')).length > 5);
    assert.equal((await ask<Status>('/api/status')).tier, 'sampled');
    const load = await ask<LoadAnswer>('/api/load?last=1m');
    assert.equal(load.coverage, 'sampled');
    assert.ok(load.series.some(({ key, sessions }) => key === 'Lock' && sessions.some((value) => (value ?? 0) > 1)));
    const locks = await rows<LockRow>('locks');
    const convoy = locks.find(({ waiter_fingerprint }) => waiter_fingerprint === update.fingerprint);
    assert.deepEqual([convoy!.coverage, convoy!.inexact.includes('wait_us')], ['sampled', true]);
    for (const kind of ['io', 'executions', 'profile', 'commits']) {
      const { missing } = await ask<RowsAnswer<unknown>>(`/api/rows/${kind}?last=1m`);
      assert.match(missing ?? '', /Samples do not tell it/, kind);
    }
  });

  test('the pages say that they show samples, and show no zero for what is unknown', async () => {
    assert.match(await page.locator('.shortcoming').innerText(), /times are estimates/);
    await page.locator('.coverage.sampled').first().waitFor();
    const update = page.locator('tr[data-fingerprint]', { hasText: 'UPDATE demo.counters' }).first();
    const cells = await update.locator('td').allInnerTexts();
    const titles = (await page.locator('table[data-table=queries] th').allInnerTexts()).map((title) => title.trim());
    for (const title of ['calls/s', 'p95', 'WAL/s']) assert.equal(cells[titles.indexOf(title)], '-', title);
    await update.click();
    const figures = page.locator('[data-query] dd');
    await figures.first().waitFor();
    assert.equal(await figures.first().innerText(), '-');
    assert.match(await page.locator('main').innerText(), /Lock contention/);
    assert.deepEqual(complaints, []);
  });
});
