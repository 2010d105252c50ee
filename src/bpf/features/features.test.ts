import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilities } from './index.ts';
import { lockdown } from './settings.ts';

const held = (mask: string) =>
  capabilities(`Name:\tnode\nCapEff:\t${mask}\n`)
    .filter((capability) => capability.held)
    .map(({ name }) => name);

test('capabilities are read from the status of the process', () => {
  assert.deepEqual(held('0000000000000000'), []);
  assert.deepEqual(held('000000c000000000'), ['CAP_BPF', 'CAP_PERFMON']);
  assert.deepEqual(held('0000000000200000'), ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN']);
});

test('lockdown matters where programs may not read kernel memory', () => {
  assert.deepEqual(lockdown(''), { name: 'lockdown', value: 'none' });
  assert.deepEqual(lockdown('none [integrity] confidentiality\n'), { name: 'lockdown', value: 'integrity' });
  const { value, advice } = lockdown('none integrity [confidentiality]\n');
  assert.equal(value, 'confidentiality');
  assert.match(advice!, /lockdown=integrity/);
});
