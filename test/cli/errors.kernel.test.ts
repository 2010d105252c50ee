/** What goes wrong first for people: one line that says what, one that says what to do, and the promised exit status. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lacking } from '../../src/bpf/testing/needs.ts';
import { command, PEBBLE, pebble, TemporaryDirectory, UNABLE } from './pebble.ts';

/** No server runs as this user. */
const NOBODY = { uid: 65533, gid: 65533 };
const MISSING = '/nonexistent/data';

const unreadable = spawnSync('test', ['-r', PEBBLE], NOBODY).status !== 0 && 'only root may read this checkout';

for (const name of ['top', 'queries', 'waits', 'locks']) {
  test(`${name} without root, and no server that may be looked into`, { skip: UNABLE || unreadable }, (t) => {
    const directory = new TemporaryDirectory();
    t.after(() => directory.remove());
    const env = { ...process.env, TMPDIR: directory.path };
    const { status, stdout, stderr } = spawnSync(PEBBLE, [name], { ...NOBODY, env, encoding: 'utf8' });
    assert.equal(status, 3);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      'error: preparing to watch PostgreSQL: loading programs into the kernel and reading other processes needs root\nhint: run it with sudo; without, samples of the servers of your own user can be taken, and none runs that may be looked into\n',
    );
    assert.deepEqual(directory.entries, []);
  });
}

test('no PostgreSQL', { skip: UNABLE }, () => {
  const { status, stdout, stderr } = pebble('queries', '--pgdata', MISSING, '--json');
  assert.equal(status, 4);
  const what = `no server runs on the data directory ${MISSING}`;
  const [first, hint] = stderr.split('\n');
  assert.equal(first, `error: looking for PostgreSQL on this host: ${what}`);
  assert.match(hint!, /^hint: (start one, or try `pebble demo`|these data directories are served: \/.*)$/);
  const { error } = JSON.parse(stdout);
  assert.deepEqual([error.code, error.what], ['no-target', what]);
});

test('no BTF', { skip: UNABLE }, () => {
  // Others would take samples of the servers that run here.
  const { status, stdout, stderr } = withoutBtf('io');
  assert.equal(status, 1);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 2, stderr);
  assert.match(
    lines[0]!,
    /^error: preparing to watch PostgreSQL: this kernel has no BTF, .*\/sys\/kernel\/btf\/vmlinux is missing$/,
  );
  assert.match(lines[1]!, /^hint: boot a kernel built with CONFIG_DEBUG_INFO_BTF=y/);
});

test('a script that finds no room says so once, where it is written to', { skip: UNABLE }, () => {
  for (const options of [[], ['-o', '/dev/full'], ['-B', 'full']]) {
    const full = openSync('/dev/full', 'w');
    const script = ['-q', ...options, '-e', 'BEGIN { printf("lost"); exit(); }'];
    const { status, stderr } = spawnSync(PEBBLE, ['trace', ...script], {
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    assert.equal(status, 1);
    assert.match(stderr, /^ERROR: writing to (standard output|\/dev\/full): ENOSPC.*\nHINT: .*\n$/, stderr);
  }
});

test('no BTF: what needs none runs', { skip: UNABLE || (await lacking('raw_tracepoint')) }, () => {
  const { status, stdout } = withoutBtf('trace', '-e', 'BEGIN { printf("%d\\n", 6 * 7); exit(); }');
  assert.equal(status, 0);
  assert.match(stdout, /^42$/m);
});

/** In a mount namespace where /sys/kernel/btf is empty. */
function withoutBtf(...argv: string[]) {
  return command(
    'unshare',
    '-m',
    'sh',
    '-c',
    'mount -t tmpfs none /sys/kernel/btf && exec "$@"',
    'sh',
    PEBBLE,
    ...argv,
  );
}

test('a syntax error: the line, a caret below the place, what was expected', () => {
  const { status, stderr } = pebble('trace', '-e', 'BEGIN { printf("x" }');
  assert.equal(status, 1);
  assert.equal(stderr, 'stdin:1:20-21: ERROR: syntax: expected \')\'\nBEGIN { printf("x" }\n                   ~\n');
});

test('an option of bpftrace that is left out: what there is instead', () => {
  const { status, stderr } = pebble('trace', '--emit-elf', '-e', 'BEGIN { }');
  assert.equal(status, 1);
  assert.match(stderr, /^ERROR: USAGE: there is no option --emit-elf\. .*-d dis.*\n$/);
});

test('dw_ustack() of no process: how to name one', () => {
  const { status, stderr } = pebble(
    'trace',
    '-e',
    'interval:s:1 { exit(); } profile:hz:9 { @[dw_ustack()] = count(); }',
  );
  assert.equal(status, 1);
  assert.match(stderr, /give -p PID, -c COMMAND or --dwarf-pid PID\n$/);
});

test('a misspelt name: what was probably meant', () => {
  const { status, stderr } = pebble('trace', '-e', 'BEGIN { @[pidd] = count(); }');
  assert.equal(status, 1);
  assert.match(stderr, /^stdin:1:11-15: ERROR: .*pidd.*\nBEGIN { @\[pidd\] = count\(\); }\n {10}~~~~\nHINT: .*\bpid\b/);
});

/** Each way through the conditions leaves another number, and the verifier goes a million instructions at most. */
test('the verifier refuses: the line of the script, the end of its log', { skip: UNABLE }, (t) => {
  const directory = new TemporaryDirectory();
  t.after(() => directory.remove());
  const ways = Array.from({ length: 40 }, (_, n) => `if (rand & ${1 << (n % 30)}) { $a += ${1 << (n % 8)}; }`);
  const script = ['BEGIN {', '$a = (uint64)0;', ...ways, 'if ($a < 200) { print(buf(comm, $a)); }', 'exit(); }'];
  const file = join(directory.path, 'ways.bt');
  writeFileSync(file, script.join('\n'));
  const { status, stderr } = pebble('trace', file);
  assert.notEqual(status, 0);
  const lines = stderr.trimEnd().split('\n');
  assert.match(lines[0]!, /^ERROR: loading program .*: the kernel's verifier refused it at \S+\/ways\.bt:\d+: /);
  assert.match(lines[1]!, /^… \d+ more lines \(set PEBBLE_DETAIL=1 to see them\)$/);
  assert.ok(lines.includes('BPF program is too large. Processed 1000001 insn'), stderr);
  assert.ok(lines.length < 40, `${lines.length} lines`);
});

for (const [argv, expected] of [
  [['demmo'], 'error: there is no command "demmo"\nhint: did you mean `pebble demo`?\n'],
  [['top', '--intervall', '3'], 'error: there is no option --intervall\nhint: did you mean --interval?\n'],
  [['queries', '--pgdata'], /^error: --pgdata .*DIR/],
  [['top', '--interval', 'soon'], /^error: .*--interval.*"soon"/],
] as const) {
  test(`on the command line: ${argv.join(' ')}`, () => {
    const { status, stdout, stderr } = pebble(...argv);
    assert.deepEqual([status, stdout], [2, '']);
    if (typeof expected === 'string') assert.equal(stderr, expected);
    else assert.match(stderr, expected);
  });
}
