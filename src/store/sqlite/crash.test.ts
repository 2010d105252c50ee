/** Sudden death, and a full disk: what was said to be kept is kept, and counted once. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Generator } from '../testing/generate.ts';
import { SqliteStore } from './index.ts';

const DAY = Date.UTC(2026, 0, 31);
const TEN_SECONDS = 10_000;
const WRITER = fileURLToPath(new URL('../testing/writer.ts', import.meta.url));
/** PEBBLE_KILLS=50 for the whole bar. */
const KILLS = Number(process.env.PEBBLE_KILLS ?? 8);

const folder = mkdtempSync(join(tmpdir(), 'pebble-crash-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Appends until it is killed, some moments after it has begun; gives back the last interval that it said is kept. */
function writeAndDie(path: string, startMs: number, kill: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, path, String(startMs)]);
    let told = '';
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    child.stdout.on('data', (text) => {
      if (told === '') setTimeout(() => child.kill('SIGKILL'), 7 * (kill % 13));
      told += text;
    });
    child.once('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(complaints));
      const last = told.split('\n').slice(0, -1).at(-1);
      resolve(Number(last));
    });
  });
}

test(`killed ${KILLS} times while it writes: it opens, has what it said, and nothing twice`, async () => {
  const path = join(folder, 'killed.db');
  let startMs = DAY;
  for (let kill = 0; kill < KILLS; kill++) {
    const last = await writeAndDie(path, startMs, kill);
    const store = SqliteStore.open(path, { readOnly: true });
    const { newestMs } = await store.state();
    // One more may have been kept before it could say so.
    assert.ok(newestMs === last || newestMs === last + TEN_SECONDS, `kill ${kill}: ${newestMs} for ${last}`);
    const range = { fromMs: DAY, toMs: newestMs + TEN_SECONDS };
    const { covered } = await store.sum({ kind: 'queries', range });
    assert.equal(covered.get('db1')?.observedUs, (range.toMs - DAY) * 1000, `kill ${kill}`);
    await store.close();
    startMs = range.toMs;
  }
});

/** A file system of its own, which nobody else fills: needs root. */
function mountSmall(at: string, size: string): string | false {
  spawnSync('mkdir', ['-p', at]);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'pebble', at], {
    encoding: 'utf8',
  });
  return status === 0 ? false : `no tmpfs can be mounted here: ${stderr?.trim()}`;
}

describe('a full disk', () => {
  const small = join(folder, 'small');
  const why = mountSmall(small, '4m');
  after(() => void spawnSync('umount', [small]));

  test('it says so, waits, and goes on where it was', { skip: why }, async () => {
    const store = SqliteStore.open(join(small, 'history.db'));
    const generator = new Generator({ queries: 20 });
    let at = DAY;
    const append = async (): Promise<void> => {
      await store.append(generator.interval(at));
      at += TEN_SECONDS;
    };
    for (let n = 0; n < 20; n++) await append();
    assert.equal((await store.state()).trouble, null);
    const ballast = join(small, 'ballast');
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(8 << 20)), /ENOSPC/);
    let appended = 0;
    while ((await store.state()).trouble === null) {
      assert.ok(appended++ < 2000, 'the disk is full');
      await append();
    }
    for (let n = 0; n < 5; n++) await append();
    const full = await store.state();
    assert.match(full.trouble!, /full|disk/);
    assert.ok(full.pending >= 6, String(full.pending));
    assert.ok(
      (await store.sum({ kind: 'load', range: { fromMs: DAY, toMs: at } })).samples.length > 0,
      'it can be read',
    );
    unlinkSync(ballast);
    await append();
    const state = await store.state();
    assert.deepEqual([state.trouble, state.pending, state.lost], [null, 0, 0]);
    const { covered } = await store.sum({ kind: 'load', range: { fromMs: DAY, toMs: at } });
    assert.equal(covered.get('db1')?.observedUs, (at - DAY) * 1000);
    await store.close();
  });
});
