/** Damaged history files: what can be read is read, the rest is refused in words; the process goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openStore, type Store } from '../../../src/store/index.ts';
import { Generator } from '../../../src/store/testing/generate.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { isRefusal } from './targets.ts';

const ROUNDS = 150;
const START_MS = Date.UTC(2026, 0, 31);
const INTERVAL_MS = 10_000;

const folder = mkdtempSync(join(tmpdir(), 'pebble-fuzz-'));
after(() => rmSync(folder, { recursive: true }));

async function write(path: string): Promise<void> {
  const store = await openStore(`sqlite:${path}`);
  const generator = new Generator({ queries: 20 });
  for (let n = 0; n < 12; n++) await store.append(generator.interval(START_MS + n * INTERVAL_MS));
  await store.close();
}

/** What readers do: sums of a range, documents, texts. */
async function read(store: Store): Promise<void> {
  const range = { fromMs: START_MS - INTERVAL_MS, toMs: START_MS + 20 * INTERVAL_MS };
  await store.sum({ kind: 'queries', range });
  await store.steps({ kind: 'waits', range, stepMs: 60_000 });
  await store.records({ kind: 'finding', range });
  await store.state();
}

test('damaged history files give an answer or a refusal', async () => {
  const whole = join(folder, 'whole.db');
  await write(whole);
  const bytes = readFileSync(whole);
  const random = new Random(1);
  let answered = 0;
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const path = join(folder, `damaged-${round}.db`);
    writeFileSync(path, mutate(bytes, bytes, random));
    try {
      const store = await openStore(`sqlite:${path}`, { readOnly: true });
      await read(store).finally(() => store.close());
      answered++;
    } catch (error) {
      assert.ok(isRefusal(error), `round ${round}: ${(error as Error).stack}`);
      refused++;
    }
    rmSync(path);
  }
  assert.ok(answered > 0 && refused > 0, `${answered} answered, ${refused} refused`);
});
