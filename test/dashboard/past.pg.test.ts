/** A window of the past is shown by what was stored: the same figures as while it was live. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { StoreFeed } from '../../src/agent/index.ts';
import type { RowKind, RowsAnswer, RowsByKind } from '../../src/api/index.ts';
import { LiveServer } from '../../src/server/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { type LiveDemo, noRoot, signIn, startLiveDemo } from './live.ts';

const KINDS = ['queries', 'waits', 'locks', 'io', 'commits', 'executions', 'profile'] as const;
type Shown = { readonly [K in (typeof KINDS)[number]]: readonly RowsByKind[K][] };
/** The forgotten transaction lasts six seconds of eight. */
const LIVE_MS = 18_000;

describe('the past', { skip: noRoot }, () => {
  let demo: LiveDemo;
  let store: Store;
  let feed: StoreFeed;
  let server: LiveServer;
  let live: Shown;
  let past: Shown;
  let range: { fromMs: number; toMs: number };

  before(async () => {
    demo = await startLiveDemo();
    const fromMs = demo.feed.recent.oldestMs ?? Date.now();
    const taken = demo.feed.profiler.take('on_cpu', 3);
    await new Promise((resolve) => setTimeout(resolve, LIVE_MS));
    await taken;
    range = { fromMs: fromMs - 2000, toMs: Date.now() + 10_000 };
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
    const slowest = live.executions[0]!;
    const same = past.executions.find(({ pid, started }) => pid === slowest.pid && started === slowest.started);
    assert.deepEqual(same?.steps, slowest.steps);
    assert.ok(slowest.steps.length > 0);
  });

  test('shows a profile as it was taken', () => {
    assert.deepEqual(past.profile, live.profile);
  });

  // What was going on while the live answers were made is in the store, too: it has a little more, never less.
  const atLeast = (name: string, now: number, then: number): void => {
    assert.ok(then >= now && then <= now * 1.6 + 1, `${name}: ${then} in the past, ${now} live`);
  };

  test('counts commits, and their waits, as the live rows did', () => {
    const whole = (rows: Shown['commits']) => rows.find((row) => row.kind === 'cluster')!;
    const [then, now] = [whole(past.commits), whole(live.commits)];
    atLeast('commits', now.commits, then.commits);
    atLeast('syncs', now.syncs, then.syncs);
    const insert = (rows: Shown['commits']) =>
      rows.find((row) => row.kind === 'statement' && row.query?.startsWith('INSERT INTO demo.events') === true)!;
    atLeast('waits for a sync', insert(live.commits).sync_us, insert(past.commits).sync_us);
    assert.equal(then.cluster, demo.cluster.pgdata);
  });

  test('counts requests to devices, their files, and what came from the page cache', () => {
    const bytes = (rows: Shown['io'], kind: 'device' | 'file'): number =>
      rows.reduce((sum, row) => sum + (row.kind === kind && row.operation === 'write' ? row.bytes : 0), 0);
    atLeast('bytes written', bytes(live.io, 'device'), bytes(past.io, 'device'));
    atLeast('bytes by file', bytes(live.io, 'file'), bytes(past.io, 'file'));
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
    // Counts and latencies are read one after the other: what ended in between differs, a fifth of a second of them.
    assert.ok(Math.abs(drawn - counted) <= 20 + (counted / LIVE_MS) * 200, `${drawn} drawn, ${counted} counted`);
    assert.ok(columns.length > 1);
  });

  test('says that nothing was watched, where nothing was', async () => {
    const cookie = await signIn(server.link);
    const origin = new URL(server.link).origin;
    for (const kind of ['queries', 'waits', 'io', 'commits']) {
      const address = `${origin}/api/rows/${kind}?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z`;
      const answer = (await (await fetch(address, { headers: { cookie } })).json()) as RowsAnswer<unknown>;
      assert.match(answer.missing ?? '', /^Nothing was watched in this window: what is known begins at 20\d\d-/, kind);
    }
  });
});

async function shown(link: string, range: { fromMs: number; toMs: number }): Promise<Shown> {
  const cookie = await signIn(link);
  const ask = async <K extends RowKind>(kind: K): Promise<readonly RowsByKind[K][]> => {
    const answer = await fetch(`${new URL(link).origin}/api/rows/${kind}?${searchOf(range)}`, { headers: { cookie } });
    const found = (await answer.json()) as RowsAnswer<RowsByKind[K]>;
    if (found.missing !== null) throw new Error(`${kind}: ${found.missing}`);
    return found.rows;
  };
  const answers = await Promise.all(KINDS.map(async (kind) => [kind, await ask(kind)]));
  return Object.fromEntries(answers) as Shown;
}

const searchOf = ({ fromMs, toMs }: { fromMs: number; toMs: number }): string =>
  `from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`;
