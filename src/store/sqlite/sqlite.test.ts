/** The embedded store, by the suite that every store passes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
