/** `pebble demo`: shows its workload, and leaves nothing behind however it ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { QueryRow } from '../../src/api/index.ts';
import {
  assertFreed,
  type KernelObject,
  kernelObjectsOf,
  Running,
  TemporaryDirectory,
  UNABLE,
  until,
} from './pebble.ts';

/** A word of each scenario's statement (src/workload/scenarios). */
const TROUBLES = ['products', 'counters', 'events', 'archive', 'stock', 'place_order', 'measurements', 'tokens'];

interface Started {
  readonly run: Running;
  readonly directory: TemporaryDirectory;
}

/** A demo in a temporary directory of its own. */
function start(...argv: string[]): Started {
  const directory = new TemporaryDirectory();
  return { directory, run: new Running(['demo', ...argv], { TMPDIR: directory.path }) };
}

/** Runs until rows come; returns what it then has in the kernel. */
async function untilShown({ run }: Started): Promise<KernelObject[]> {
  await run.until('it shows rows', () => /demo\.products/.test(run.stdout));
  const objects = kernelObjectsOf(run.pid);
  for (const kind of ['program', 'link', 'map'])
    assert.ok(
      objects.some((object) => object.kind === kind),
      kind,
    );
  return objects;
}

async function assertNothingLeft({ directory }: Started, objects: readonly KernelObject[]): Promise<void> {
  await until('its processes are gone', () => directory.processes.length === 0, 20_000);
  await until('its files are gone', () => directory.entries.length === 0, 20_000);
  await assertFreed(objects);
}

describe('pebble demo', { skip: UNABLE }, () => {
  test('ends by itself, with one row for each statement of its workload', async (t) => {
    const started = start('--json', '--duration', '8');
    t.after(() => started.directory.remove());
    const { status, stdout } = await started.run.ended;
    assert.equal(status, 0);
    const rows: QueryRow[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const word of TROUBLES) {
      assert.ok(
        rows.some(({ query }) => query?.includes(`demo.${word}`)),
        `no row for ${word}: ${rows.map(({ query }) => query).join('; ')}`,
      );
    }
    const keys = rows.map(({ database, user, query_id, fingerprint }) =>
      [database, user, query_id, fingerprint].join(),
    );
    assert.equal(new Set(keys).size, rows.length);
    for (const { window_us } of rows) assert.ok(window_us >= 7.9e6, String(window_us));
    const failing = rows.find(({ query }) => query?.includes('demo.tokens'))!;
    assert.ok(failing.calls > 0);
    assert.equal(failing.errors, failing.calls);
    await assertNothingLeft(started, []);
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${signal} ends it with ${status}, in order`, async (t) => {
      const started = start('--interval', '1');
      t.after(() => started.directory.remove());
      const objects = await untilShown(started);
      started.run.signal(signal);
      const ended = await started.run.ended;
      assert.equal(ended.status, status);
      assert.match(ended.stderr, /the demo is over/);
      await assertNothingLeft(started, objects);
    });
  }

  test('Ctrl-C while its server starts', async (t) => {
    const started = start();
    t.after(() => started.directory.remove());
    await started.run.until('its directory is there', () => started.directory.entries.length > 0);
    started.run.signal('SIGINT');
    assert.equal((await started.run.ended).status, 130);
    await assertNothingLeft(started, []);
  });

  test('kill -9: its supervisor ends everything', async (t) => {
    const started = start('--interval', '1');
    t.after(() => started.directory.remove());
    const objects = await untilShown(started);
    started.run.signal('SIGKILL');
    await assertNothingLeft(started, objects);
  });

  test('kill -9, of its supervisor too: the next start sweeps', async (t) => {
    const started = start('--interval', '1');
    t.after(() => started.directory.remove());
    const objects = await untilShown(started);
    const supervisor = started.directory.processes.find((pid) => commandOf(pid).includes('pebble-supervisor'))!;
    process.kill(supervisor, 'SIGKILL');
    started.run.signal('SIGKILL');
    await started.run.ended;
    await assertFreed(objects);
    assert.equal(started.directory.entries.length, 1, 'nobody is left to remove the files');
    const next = new Running(['demo', '--json', '--duration', '1'], { TMPDIR: started.directory.path });
    assert.equal((await next.ended).status, 0);
    await assertNothingLeft(started, []);
  });
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
}
