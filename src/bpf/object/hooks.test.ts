import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSectionName } from './hooks.ts';

const reason = (section: string) => {
  const { hook } = readSectionName(section);
  return hook.kind === 'none' ? hook.reason : undefined;
};

test('a section that names no hook: how it is written', () => {
  assert.equal(reason('uprobe'), 'its section does not say to what: write SEC("uprobe/PROGRAM:FUNCTION")');
  assert.equal(
    reason('uretprobe.s/getaddrinfo'),
    '"getaddrinfo" in its section is no hook: write SEC("uretprobe.s/PROGRAM:FUNCTION")',
  );
  assert.match(reason('usdt/libc.so.6') ?? '', /SEC\("usdt\/PROGRAM:PROVIDER:NAME"\)$/);
  assert.match(reason('tp/sched_switch') ?? '', /SEC\("tp\/CATEGORY\/EVENT"\)$/);
  assert.match(reason('raw_tp') ?? '', /SEC\("raw_tp\/EVENT"\)$/);
  assert.match(reason('kprobe') ?? '', /SEC\("kprobe\/FUNCTION"\)$/);
  assert.equal(reason('uprobe/libc.so.6:getaddrinfo'), undefined);
});
