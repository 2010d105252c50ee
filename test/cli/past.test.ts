/** Rows of what history keeps whole say which host they are of, as all rows of the past do. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Profile } from '../../src/agent/index.ts';
import type { ExecutionRow, LockRow, ProfileRow } from '../../src/api/index.ts';
import { openStore, type RecordKind, type StoredRecord } from '../../src/store/index.ts';
import { Generator } from '../../src/store/testing/generate.ts';
import { pebble, TemporaryDirectory } from './pebble.ts';

const folder = new TemporaryDirectory();
after(() => folder.remove());

const CLUSTER = '/data';
const startMs = Date.now() - 60_000;
const lock = { cluster: CLUSTER, inexact: [], dropped: 0, count: 1, wait_us: 5, max_us: 5 } as unknown as LockRow;
const execution = { cluster: CLUSTER, started: '2026-01-31T12:00:00Z', latency_us: 7 } as ExecutionRow;
const stack = {
  kind: 'on_cpu',
  cluster: CLUSTER,
  stack: [{ module: 'postgres', function: 'main' }],
} as unknown as ProfileRow;

const TOOLS = { pglocks: 'lock', pgslower: 'execution', pgprofile: 'profile' } as const satisfies Readonly<
  Record<string, RecordKind>
>;
const BODIES = { lock, execution, profile: new Profile(CLUSTER, [stack]) };

test('lock waits, executions and profiles of two hosts', async () => {
  const url = `sqlite:${join(folder.path, 'history.db')}`;
  const store = await openStore(url);
  for (const host of ['db1', 'db2']) {
    const recordOf = (kind: keyof typeof BODIES): StoredRecord => {
      const range = { fromMs: startMs, toMs: startMs + 10_000 };
      return { kind, host, cluster: CLUSTER, id: '1', ...range, body: BODIES[kind] };
    };
    const records = Object.values(TOOLS).map(recordOf);
    await store.append({ ...new Generator({ host, queries: 1 }).interval(startMs), records });
  }
  await store.close();
  for (const tool of Object.keys(TOOLS)) {
    const { stdout, stderr } = pebble('run', tool, '--from-history', '--store', url, '--json');
    assert.equal(stderr, '', tool);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(rows.map(({ host }) => host).sort(), ['db1', 'db2'], tool);
  }
});
