/** A parser on another thread is the same parser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import { sharedFingerprinter } from './index.ts';
import { ANSWERED, waitFor } from './parser-thread.ts';

test('identifies and splits texts as the parser does that is loaded here', async () => {
  const here = await Fingerprinter.load();
  const there = sharedFingerprinter();
  const texts = [
    'SELECT 1',
    "INSERT INTO t VALUES ('é', 2)",
    'SELEC 1',
    '',
    `SELECT ${'('.repeat(50_000)}`,
    'SELECT 2 FROM t',
  ];
  for (const text of texts) assert.deepEqual(there.identify(text), here.identify(text), text.slice(0, 40));
  for (const text of ['SELECT 1; SELECT 2', 'SELECT 1;', 'SELECT; nonsense']) {
    assert.deepEqual(there.split(text), here.split(text), text);
  }
});

test('a notice of the answer before is no answer', async () => {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const notifies = new Worker(
    `const { workerData: state } = require('node:worker_threads');
     for (const end = Date.now() + 200; Date.now() < end; ) Atomics.notify(state, ${ANSWERED});
     Atomics.store(state, ${ANSWERED}, 1);
     Atomics.notify(state, ${ANSWERED});`,
    { eval: true, workerData: state },
  );
  assert.equal(waitFor(state), true);
  assert.equal(Atomics.load(state, ANSWERED), 1);
  await notifies.terminate();
});
