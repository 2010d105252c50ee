import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detachText } from './detach.ts';

test('many tracepoints take a while; one link for many functions does not, nor do samples', () => {
  const tracepoint = { kind: 'tracepoint', strategy: 'perf_link' } as const;
  const many = Array(60).fill(tracepoint);
  assert.match(detachText(many) ?? '', /^detaching 60 probes: /);
  assert.equal(detachText([tracepoint]), undefined);
  assert.equal(detachText(Array(60).fill({ kind: 'uprobe_multi', strategy: 'uprobe_multi' })), undefined);
  assert.equal(detachText(Array(60).fill({ kind: 'perf_event', strategy: 'perf_link' })), undefined);
});
