/** The unit, the manifest for Kubernetes, `drop_privileges` and the documentation name the same capabilities. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const NEEDED = ['CAP_BPF', 'CAP_DAC_READ_SEARCH', 'CAP_PERFMON', 'CAP_SYSLOG', 'CAP_SYS_PTRACE'];

test('systemd', () => {
  const unit = read('deploy/pebble-agent.service');
  for (const setting of ['CapabilityBoundingSet', 'AmbientCapabilities']) {
    const names = new RegExp(`^${setting}=(.*)$`, 'm').exec(unit)![1]!.split(' ');
    assert.deepEqual(names.sort(), NEEDED);
  }
});

test('Kubernetes', () => {
  const added = /^ +add: \[(.*)\]$/m.exec(read('deploy/kubernetes.yaml'))![1]!;
  assert.deepEqual([...added.matchAll(/\w+/g)].map(([name]) => `CAP_${name}`).sort(), NEEDED);
});

test('drop_privileges', () => {
  const needed = /const NEEDED = \{(.*?)\}/s.exec(read('src/agent/privileges.ts'))![1]!;
  assert.deepEqual([...needed.matchAll(/CAP_\w+/g)].map(([name]) => name).sort(), NEEDED);
});

test('docs/security.md says what each is for', () => {
  const rows = read('docs/security.md').matchAll(/^\| `(CAP_\w+)` \|/gm);
  assert.deepEqual([...rows].map(([, name]) => name!).sort(), [...NEEDED, 'CAP_SYS_ADMIN'].sort());
});
