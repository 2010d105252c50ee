/** The embedded store, by the suite that every store passes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { conformance } from '../testing/conformance.ts';
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
