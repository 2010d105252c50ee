/** The embedded store, by the suite that every store passes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { conformance } from '../testing/conformance.ts';
import { Generator } from '../testing/generate.ts';
import { SqliteStore } from './index.ts';

conformance('the embedded store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-store-'));
  const path = join(folder, 'history.db');
  let store = SqliteStore.open(path);
  return {
    store,
    async reopen() {
      await store.close();
      store = SqliteStore.open(path);
      return store;
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

test("the file is its owner's; one that others may write, and a link into nowhere, are no history", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-store-'));
  const path = join(folder, 'history.db');
  try {
    await SqliteStore.open(path).close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o666);
    assert.throws(() => SqliteStore.open(path), /every user may write it/);
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'link.db'));
    assert.throws(() => SqliteStore.open(join(folder, 'link.db')), /ENOENT/);
    assert.equal(statSync(join(folder, 'elsewhere'), { throwIfNoEntry: false }), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file of an earlier Pebble, whose blocks have no rowids, is written and read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-store-'));
  const path = join(folder, 'history.db');
  try {
    await SqliteStore.open(path).close();
    const database = new DatabaseSync(path);
    database.exec(
      'DROP TABLE blocks; CREATE TABLE blocks (interval_id INTEGER, kind TEXT, layout INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (interval_id, kind)) WITHOUT ROWID',
    );
    database.close();
    const store = SqliteStore.open(path);
    const startMs = Date.UTC(2026, 0, 30);
    const interval = new Generator({ queries: 7 }).interval(startMs);
    await store.append(interval);
    for (let call = 0; call < 3; call++) await store.maintain(startMs + 86_400_000);
    const { samples } = await store.sum({ kind: 'queries', range: { fromMs: startMs, toMs: startMs + 86_400_000 } });
    assert.deepEqual(
      samples.map(({ values }) => values),
      interval.samples.queries!.map(({ values }) => values),
    );
    await store.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
