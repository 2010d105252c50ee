import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Feature } from '../../src/bpf/features/index.ts';
import { document } from './document.ts';
import { keptColumns } from './kept.ts';
import type { Kernel } from './kernels.ts';
import { complaints, LINE_MARK, type Line, parseLine, reportOf } from './report.ts';

const kernel: Kernel = { name: '6.1', arch: 'amd64', lacks: { kprobe_multi: 'built without it' } };
const feature = (name: Feature['name'], since: string): Feature => ({
  ...{ name, title: name, since, without: 'another way is taken' },
  ...{ available: false, reason: 'Invalid argument' },
});
const lines: Line[] = [
  { kind: 'row', value: { row: 'tracepoint', status: 'works', how: 'perf link', milliseconds: 1 } },
  { kind: 'row', value: { row: 'raw_tp', status: 'failed', reason: '1 hits instead of 211', milliseconds: 1 } },
  { kind: 'feature', value: feature('ringbuf', '5.8') },
  { kind: 'feature', value: feature('kprobe_multi', '5.18') },
  { kind: 'feature', value: feature('uprobe_multi', '6.6') },
  { kind: 'suite', value: { name: 'the runtime', passed: 7, skipped: 2, failures: ['maps: gone'] } },
];
const printed = lines.map((line) => `${LINE_MARK}${JSON.stringify(line)}`);
const report = reportOf(
  ['[   11.2] noise of the console', ...printed].flatMap((line) => parseLine(line) ?? []),
  { name: '6.1', release: '6.1.0-50-cloud-amd64', seconds: 40 },
);

test('what failed, and what this version should have, is complained about', () => {
  assert.deepEqual(complaints(report, kernel), [
    'raw_tp: 1 hits instead of 211',
    'the runtime: maps: gone',
    'ringbuf: came with Linux 5.8, but is not there: Invalid argument',
  ]);
});

test('of a kernel that nobody described no feature is demanded', () => {
  assert.deepEqual(complaints(report), ['raw_tp: 1 hits instead of 211', 'the runtime: maps: gone']);
});

test('the document has a cell for each row, and what falls away', () => {
  const text = document([{ report, kernel }]);
  assert.match(text, /^\| tracepoint .* \| ✓ perf link \|$|^## Hooks in the kernel$/m);
  assert.match(text, /^\| the runtime \| ✗ 1, 7 \+ 2 \|$/m);
  assert.match(text, /^- kprobe_multi \(Linux 5\.18; built without it\): another way is taken$/m);
  // A row that the guest never got to is no success.
  assert.match(text, /\| ✗ \|/);
});

test('docs/kernels.md is made of the reports that are kept', () => {
  assert.equal(readFileSync(new URL('../../docs/kernels.md', import.meta.url), 'utf8'), document(keptColumns()));
});
