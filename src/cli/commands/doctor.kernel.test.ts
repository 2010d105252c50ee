/** `pebble doctor` tells what the probes found, to people and to programs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FEATURE_NAMES } from '../../bpf/features/index.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const doctor = (...args: string[]) => spawnSync(process.execPath, [main, 'doctor', ...args], { encoding: 'utf8' });

test('rows for programs', () => {
  const { status, stdout } = doctor('--json');
  assert.equal(status, 0);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.filter(({ kind }) => kind === 'feature').map(({ name }) => name),
    FEATURE_NAMES,
  );
  for (const { kind, available, reason, without } of rows) {
    if (kind === 'feature') assert.equal(available, reason === null && without === null);
  }
  const verdict = rows.at(-1);
  assert.equal(verdict.kind, 'verdict');
  assert.ok(['exact', 'partial'].includes(verdict.level) && verdict.next !== '');
});

test('lines for people', () => {
  const { status, stdout } = doctor();
  assert.equal(status, 0);
  assert.match(stdout, /^ {2}yes ringbuf +ring buffers$/m);
  assert.match(stdout, /^ {2}yes CAP_BPF$/m);
  assert.match(stdout, /\nverdict: (exact|partial): .+\nnext: .+\n$/);
});

test('without any privilege it says what is needed', () => {
  const { status, stdout, stderr } = spawnSync(
    'setpriv',
    ['--bounding-set=-all', '--inh-caps=-all', process.execPath, main, 'doctor'],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 3);
  assert.match(stdout, /^verdict: .*CAP_BPF and CAP_PERFMON are missing\nnext: run it with sudo$/m);
  assert.match(stderr, /no eBPF/);
  assert.match(stderr, /hint: run as root/);
});
