/** The HTTP server: closed to strangers, and its answers agree with each other and with what is watched. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveFeed, startShown } from '../../src/agent/index.ts';
import type {
  ClientRow,
  LoadAnswer,
  MixAnswer,
  QueryRow,
  RowsAnswer,
  SessionRow,
  Status,
  WaitRow,
} from '../../src/api/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { CHANGES } from '../../src/server/changes.ts';
import { LiveServer } from '../../src/server/index.ts';
import { Router } from '../../src/server/router.ts';
import { until } from '../cli/pebble.ts';
import { type LiveDemo, noRoot, startLiveDemo } from './live.ts';

describe('the live server', { skip: noRoot }, () => {
  let demo: LiveDemo;
  const audit: string[] = [];
  let origin: string;
  let cookie: string;

  before(async () => {
    demo = await startLiveDemo({ allowSignals: true, audit: (line) => audit.push(line) });
    origin = new URL(demo.link).origin;
    const { link } = demo;
    const answer = await fetch(link, { redirect: 'manual' });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/');
    assert.match(answer.headers.get('set-cookie')!, /HttpOnly; SameSite=Strict/);
    cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    assert.equal((await fetch(link, { redirect: 'manual' })).status, 401, 'a link works once');
    assert.notEqual(demo.link, link, 'then there is another one');
  });
  after(() => demo?.close());

  const get = (path: string): Promise<Response> => fetch(`${origin}${path}`, { headers: { cookie } });
  const ask = async <Answer>(path: string): Promise<Answer> => (await get(path)).json() as Promise<Answer>;
  const send = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${origin}${path}`, { method: 'POST', headers, redirect: 'manual' });

  test('refuses who has not signed in, and who comes by another name', async () => {
    assert.equal((await fetch(`${origin}/`)).status, 401);
    assert.equal((await fetch(`${origin}/api/status`)).status, 401);
    assert.equal((await fetch(`${origin}/main.ts`)).status, 401);
    assert.equal((await fetch(`${origin}/?token=wrong`)).status, 401);
    assert.equal(await statusFor(origin, { cookie, host: 'evil.example' }), 421);
    assert.equal((await fetch(`${origin}/`, { method: 'PUT', headers: { cookie } })).status, 405);
  });

  test('takes changes from its own pages only', async () => {
    assert.equal((await send('/sign-out', { cookie })).status, 403);
    assert.equal((await send('/sign-out', { cookie, origin: 'http://evil.example' })).status, 403);
    assert.equal((await send('/sign-out', { origin })).status, 401);
    const other = (await fetch(demo.link, { redirect: 'manual' })).headers.get('set-cookie')!.split(';')[0]!;
    assert.equal((await send('/sign-out', { cookie: other, origin })).status, 303);
    assert.equal((await fetch(`${origin}/api/status`, { headers: { cookie: other } })).status, 401);
    assert.equal((await get('/api/status')).status, 200);
  });

  test('ends a session for an admin, writes it down, and touches nothing else', async () => {
    const sessions = await rows<SessionRow>(ask('/api/rows/sessions'));
    const { pid, cluster } = sessions.find(({ application }) => application === 'failing')!;
    const order = (body: object): Promise<Response> =>
      fetch(`${origin}/api/signal`, { method: 'POST', headers: { cookie, origin }, body: JSON.stringify(body) });
    assert.equal((await order({ cluster, pid: process.pid, action: 'terminate' })).status, 404);
    const background = sessions.find(({ backend_type }) => backend_type === 'checkpointer')!;
    assert.equal((await order({ cluster, pid: background.pid, action: 'terminate' })).status, 404);
    assert.equal((await order({ cluster, pid, action: 'kill' })).status, 400);
    assert.equal((await order({ cluster, pid, action: 'terminate' })).status, 200);
    assert.match(audit.at(-1)!, new RegExp(`^link did terminate process ${pid} .*"failing"`));
    for (let turn = 0; turn < 50 && existsSync(`/proc/${pid}`); turn++) await new Promise((go) => setTimeout(go, 100));
    assert.ok(!existsSync(`/proc/${pid}`));
  });

  test('listens for other hosts only with encryption and passwords, or behind a proxy', async () => {
    await assert.rejects(LiveServer.listen({ feed: demo.feed, host: '0.0.0.0' }), /without encryption or password/);
  });

  test('serves the page with a strict policy, its modules without types, and nothing else', async () => {
    const page = await get('/');
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
    const html = await page.text();
    assert.match(html, /<script type="module" src="\/main.ts">/);
    assert.match(html, /<link rel="modulepreload" href="\/state\/place.ts">/);
    const module = await (await get('/ui/stack-chart.ts')).text();
    assert.doesNotMatch(module, /import type|: readonly /);
    assert.match(await (await get('/packages/preact-hooks.mjs')).text(), /\/packages\/preact\.mjs/);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/base/errors.ts', '/tsconfig.json', '/nothing']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  test('its description names every path, and every path of it answers', async () => {
    const { paths } = await ask<{ paths: Record<string, { get?: object; post?: object }> }>('/api/openapi.json');
    for (const [path, { get: isRead }] of Object.entries(paths)) {
      if (!isRead || path === '/api/stream') continue;
      const answer = await get(`${path}?last=10s&fingerprint=1`);
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get('content-type')!, /json/);
    }
    const router = new Router({ feed: demo.feed });
    for (const path of router.paths) assert.ok(paths[path]?.get, path);
    assert.deepEqual(
      Object.keys(CHANGES).filter((path) => !paths[path]?.post),
      [],
    );
  });

  test('its sums are read often while somebody asks, and seldom otherwise', async () => {
    const watched = await startShown({ pgdata: demo.cluster.pgdata });
    const feed = new LiveFeed(watched, { intervalMs: 100, restMs: 3_600_000 });
    try {
      const first = feed.status().at;
      await sleep(400);
      assert.equal(feed.status().at, first);
      await feed.look();
      const asked = feed.status().at;
      assert.notEqual(asked, first);
      await until('it is read again', () => feed.status().at !== asked);
      const told = await new Promise((resolve) => feed.subscribe(resolve));
      assert.ok(told);
    } finally {
      feed.close();
      watched.attribution.close();
    }
  });

  test('says what is wrong with an address', async () => {
    const answer = await get('/api/load?last=soon');
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /"soon" cannot be read as `last`; write a duration/);
    assert.equal((await get('/api/load?by=nothing&last=1m')).status, 400);
    assert.equal((await get('/api/load?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).status, 400);
  });

  test('the stream brings a status at each reading, whose load is that of the chart', async () => {
    const status = await firstEvent(await get('/api/stream'), ({ load }) => (load.sessions.Lock ?? 0) > 1);
    assert.equal(status.clusters[0]!.pgdata, demo.cluster.pgdata);
    assert.ok(status.cost.rss_bytes > 2 ** 20);
    const { series } = await ask<LoadAnswer>('/api/load?last=10s&points=10');
    const locks = series.find(({ key }) => key === 'Lock')!.sessions.filter((value) => value !== null);
    assert.ok(Math.max(...locks) > 1, `five sessions queue for a row: ${locks}`);
  });

  test('its pictures of one window agree with its rows', async () => {
    const { oldest, at } = await ask<Status>('/api/status');
    const window = `from=${oldest}&to=${at}`;
    const queries = await rows<QueryRow>(ask(`/api/rows/queries?${window}`));
    const waits = await rows<WaitRow>(ask(`/api/rows/waits?${window}`));
    const { mix } = await ask<MixAnswer>(`/api/mix?${window}`);
    const update = queries.find(({ query }) => query?.startsWith('UPDATE demo.counters'))!;
    const locked = waits.filter((row) => row.fingerprint === update.fingerprint && row.wait_event_type === 'Lock');
    assert.ok(locked.length > 0);
    assert.equal(
      mix[update.fingerprint]!.Lock,
      locked.reduce((sum, { total_us }) => sum + total_us, 0),
    );
    assert.equal(mix[update.fingerprint]!.CPU, update.on_cpu_us + update.parallel_on_cpu_us);
    const only = await rows<QueryRow>(ask(`/api/rows/queries?${window}&fingerprint=${update.fingerprint}`));
    assert.deepEqual(only, [update]);
    const lockers = await rows<QueryRow>(ask(`/api/rows/queries?${window}&wait_event_type=Lock`));
    assert.ok(lockers.some(({ fingerprint }) => fingerprint === update.fingerprint));
    assert.ok(!lockers.some(({ query }) => query === 'SELECT name, price FROM demo.products WHERE id = $1'));
  });

  test('who asks has its requests and its time, by application too, and what does not know them says so', async () => {
    const connection = await Connection.open({ ...demo.cluster, applicationName: 'who-asks' });
    for (let turn = 0; turn < 53; turn++) await connection.query('SELECT count(*) FROM pg_class AS who_asks');
    await connection.close();
    const clientsOf = (window: string) => rows<ClientRow>(ask(`/api/rows/clients?${window}&application=who-asks`));
    await until('it is read', async () => (await clientsOf('last=5m'))[0]?.requests === 53);
    const { oldest, at } = await ask<Status>('/api/status');
    const window = `from=${oldest}&to=${at}`;
    const queries = await rows<QueryRow>(ask(`/api/rows/queries?${window}`));
    const own = queries.find(({ query }) => query?.endsWith('who_asks'))!;
    const [asked, ...others] = await clientsOf(window);
    assert.deepEqual([asked!.requests, asked!.client, others], [53, 'local', []]);
    const inStatement = own.on_cpu_us + own.off_cpu_us + own.run_queue_us;
    // Each of three sums is rounded down to whole microseconds.
    assert.ok(Math.abs(asked!.total_us - inStatement) <= 3, `${asked!.total_us} ${inStatement}`);
    const clients = await rows<ClientRow>(ask(`/api/rows/clients?${window}`));
    const hot = clients.find(({ application }) => application === 'hot-query');
    assert.deepEqual(await rows(ask(`/api/rows/clients?${window}&application=hot-query`)), [hot]);
    const { series } = await ask<LoadAnswer>(`/api/load?${window}&by=application`);
    assert.ok(series.some(({ key }) => key === 'hot-query'));
    const split = await ask<LoadAnswer>(`/api/load?${window}&application=hot-query`);
    assert.deepEqual(new Set(split.series.map(({ key }) => key)), new Set(['CPU', 'Run queue', 'Wait']));
    const sessions = await rows<SessionRow>(ask('/api/rows/sessions?application=hot-query'));
    assert.ok(sessions.length > 0 && sessions.every(({ application }) => application === 'hot-query'));
    const blind = await ask<RowsAnswer<QueryRow>>(`/api/rows/queries?${window}&application=hot-query`);
    assert.match(blind.missing!, /not told apart by application/);
    assert.equal((await get(`/api/heatmap?${window}&client=local`)).status, 400);
    assert.equal((await get(`/api/load?${window}&application=hot-query&by=fingerprint`)).status, 400);
  });
});

async function rows<Row>(answer: Promise<unknown>): Promise<readonly Row[]> {
  const found = (await answer) as RowsAnswer<Row>;
  if (found.missing !== null) throw new Error(found.missing);
  return found.rows;
}

/** fetch() lets nobody set the host. */
function statusFor(origin: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(origin, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.once('error', reject).end();
  });
}

async function firstEvent(response: Response, isWanted: (status: Status) => boolean): Promise<Status> {
  let text = '';
  let status = {} as Status;
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      // Whole at first, then what has changed.
      status = { ...status, ...(JSON.parse(event.replace(/^data: /, '')) as Status) };
      if (isWanted(status)) return status;
    }
  }
  throw new Error('the stream ended');
}
