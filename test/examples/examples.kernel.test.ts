/** Each example of examples/ runs and says what it promises. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cannotTest, clang, machineFlags, scratch } from '../objects/harness.ts';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const needsRoot =
  process.getuid?.() !== 0
    ? 'eBPF needs root'
    : existsSync('/sys/kernel/btf/vmlinux')
      ? false
      : 'this kernel has no BTF';

async function run(example: string, ...argv: string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, [join(FOLDER, example), ...argv], { timeout: 30_000 });
  const opening = setInterval(() => openSync('/', 'r'), 50);
  try {
    return (await running).stdout;
  } finally {
    clearInterval(opening);
  }
}

test('count-switches.ts', { skip: needsRoot }, async () => {
  assert.match(await run('count-switches.ts', '0.3'), /^CPU 0: [1-9]\d* context switches$/m);
});

test('kernel-types.ts', { skip: needsRoot }, async () => {
  const text = await run('kernel-types.ts');
  assert.match(text, /^task_struct\.comm lies \d+ bytes from the start$/m);
  assert.match(text, /struct list_head \*next;/);
});

test('opens.ts with opens.bpf.c', { skip: cannotTest }, async () => {
  const object = join(scratch(), 'opens.bpf.o');
  execFileSync(clang!, [
    '-O2',
    '-g',
    '-target',
    'bpf',
    ...machineFlags(),
    '-c',
    join(FOLDER, 'opens.bpf.c'),
    '-o',
    object,
  ]);
  const text = await run('opens.ts', object, '1.5');
  assert.match(text, new RegExp(`pid: ${process.pid}, comm: '.*' } \\d+n`));
  assert.match(text, /opens took more than 100 µs$/m);
});

test('every example has a test', () => {
  const tested = ['count-switches.ts', 'kernel-types.ts', 'opens.ts'];
  assert.deepEqual(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.ts'))
      .sort(),
    tested,
  );
});
