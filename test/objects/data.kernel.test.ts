/** Variables, externs and functions of compiled objects. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openObject, thisKernel } from '../../src/bpf/object/host/index.ts';
import { cannotTest, compile, load, scratch } from './harness.ts';

const skip = cannotTest;

test('global data: first values, changes before loading, values after', { skip }, async () => {
  using it = await load('global_data', { set: { limit: 10, verbose: 1, name: 'postgres', point: { x: 5, y: 6 } } });
  const { object } = it;
  assert.equal(object.get('counter'), 40);
  assert.equal(object.get('name'), 'postgres');
  it.call('change');
  const after = [
    'counter',
    'zeroed',
    'hidden_value',
    'hidden_zero',
    'point',
    'color',
    'custom',
    'own',
    'far',
    'table',
    'limit',
  ];
  const values = Object.fromEntries(after.map((name) => [name, it.variable(name)]));
  assert.ok(Number(values.hidden_zero) > 1);
  assert.deepEqual(
    { ...values, hidden_zero: 0 },
    {
      counter: 50,
      zeroed: -7,
      hidden_value: 'p'.charCodeAt(0),
      hidden_zero: 0,
      point: { x: 11, y: 6 },
      color: 'BLUE',
      custom: 1001,
      own: 78,
      far: 6,
      table: [1, 2, 3, 5],
      limit: 10,
    },
  );
  assert.deepEqual(
    it.collection.spec.maps
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('.rodata.str'))
      .sort(),
    ['.bss', '.bss.far', '.data', '.data.custom', '.rodata', '.rodata.table', 'my_section'],
  );
  assert.throws(() => object.set('no_such_variable', 1), { code: 'semantic' });
});

test('constants that may be merged are in their own section', { skip }, async () => {
  using it = await load('merged_constants');
  assert.equal(it.call('pick'), 'f'.charCodeAt(0));
  assert.equal(it.variable('picked'), 10);
  assert.deepEqual(it.entries('.rodata'), { 0: { name: 'first' } });
});

const noLinker = spawnSync('bpftool', ['version']).status !== 0 && 'bpftool is not installed';
test('two objects that bpftool linked', { skip: skip || noLinker }, async () => {
  const path = join(scratch(), 'linked.bpf.o');
  execFileSync('bpftool', ['gen', 'object', path, compile('linked_one'), compile('linked_two')]);
  using it = await load(openObject(path));
  assert.equal(it.call('two'), 4);
  assert.equal(it.call('one'), 11);
  assert.deepEqual(it.entries('common'), { 0: 100 + 2 + 4 + 4 });
  assert.deepEqual([it.variable('shared'), it.entries('.bss')[0]], [11, { mine: 1 }]);
});

test('read-only data is frozen', { skip }, async () => {
  using it = await load('global_data');
  assert.throws(() => it.collection.keyed('.rodata').set(0, it.collection.keyed('.rodata').get(0)), {
    code: 'privilege',
  });
});

test('kconfig: version, features, options', { skip }, async () => {
  const kernel = thisKernel();
  const config = kernel.config();
  using it = await load('kconfig', { set: {} });
  it.call('read');
  const state = (name: string) => config?.get(name) ?? 'n';
  assert.equal(it.variable('version'), kernel.version);
  assert.equal(it.variable('cookie'), 1);
  assert.equal(it.variable('wrapper'), kernel.hasSyscallWrapper() ? 1 : 0);
  assert.equal(it.variable('syscalls'), 1);
  assert.equal(it.variable('jit'), state('CONFIG_BPF_JIT').charCodeAt(0));
  assert.equal(it.variable('tristate'), 1);
  assert.equal(it.variable('hz'), Number(config?.get('CONFIG_HZ') ?? 0));
  assert.equal(it.variable('first'), (config?.get('CONFIG_CC_VERSION_TEXT') ?? '"\0').charCodeAt(1));
  assert.equal(it.variable('nothing'), 0);
});

test('kernel symbols: by address, missing', { skip }, async () => {
  const line = /^([\da-f]+) . bpf_prog_put$/m.exec(readFileSync('/proc/kallsyms', 'utf8'));
  using it = await load('ksyms');
  it.call('look');
  assert.equal(BigInt(it.variable('address') as number | bigint), BigInt(`0x${line![1]}`));
  assert.deepEqual(
    ['missing', 'absent'].map((name) => it.variable(name)),
    [0, 1],
  );
});

const noVariables =
  !/ runqueues$/m.test(readFileSync('/proc/kallsyms', 'latin1')) &&
  'this kernel lists no variables (CONFIG_KALLSYMS_ALL)';

test('kernel variables by type', { skip: skip || noVariables }, async () => {
  using it = await load('ksyms', { programs: ({ name }) => name === 'look_by_type' });
  it.call('look_by_type');
  assert.equal(it.variable('typed'), 1);
});

test('kernel functions: called, and missing ones not reached', { skip }, async () => {
  using it = await load('kfunc', { set: { wanted: process.pid } });
  assert.equal(it.call('find'), 0);
  assert.deepEqual([it.variable('found'), it.variable('called')], [process.pid, 0]);
});

test('functions below functions: static, global, weak, hidden', { skip }, async () => {
  using it = await load('subprograms');
  // fill: 1 in result, 5 in local; exported(3) = 4 * 5 + 100; leaf(0) = 1.
  assert.equal(it.call('run'), 120 + 1 + 5 + 1);
  assert.equal(it.variable('depth'), 3);
  assert.equal(it.call('run_again'), 9);
  const names = it.collection.spec.programs.map(({ name, functions }) => [name, functions.map((fn) => fn.name)]);
  assert.deepEqual(names[1], ['run_again', ['run_again', 'leaf']]);
});

test('callbacks', { skip }, async () => {
  using it = await load('callbacks');
  assert.equal(it.call('run'), 10);
  assert.deepEqual(it.variable('sums'), { loop: 45, map: 90 });
});

test('values of every type', { skip }, async () => {
  using it = await load('decode');
  it.call('fill');
  assert.deepEqual(it.entries('values')[0], {
    tiny: -3,
    yes: true,
    no: false,
    letter: 120,
    text: 'hello',
    huge: 0xfedcba9876543210n,
    negative: -5000000000,
    state: 'RUNNING',
    unknown: 77,
    wide: 'SMALL',
    bits: { low: 21, high: 3000, sign: -2, phase: 'RUNNING' },
    word: 0x04030201,
    bytes: [1, 2, 3, 4],
    nested: { a: 1, b: 2 },
    ends: [
      { port: 0, raw: [0, 0, 0, 0] },
      { port: 5432, raw: [0, 0, 0, 255] },
    ],
    matrix: [
      [0, 0, 0],
      [0, 0, 6],
    ],
    pointer: '0xdeadbeef',
    function: '0x0',
    real: 1.5,
    precise: -2,
  });
});

for (const flags of [['-mcpu=v1'], ['-mcpu=v2'], ['-mcpu=v3'], ['-O1'], ['-mcpu=v3', '-mattr=+alu32']]) {
  const clangFlags = flags.flatMap((flag) =>
    flag.startsWith('-mattr') ? ['-Xclang', '-target-feature', '-Xclang', '+alu32'] : [flag],
  );
  test(`the same results with ${flags.join(' ')}`, { skip }, async () => {
    using loops = await load('loops', { flags: clangFlags });
    using data = await load('global_data', { flags: clangFlags });
    using functions = await load('subprograms', { flags: clangFlags });
    let seed = 17;
    const words = Array.from({ length: 16 }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return seed >>> 16;
    });
    loops.call('work');
    assert.deepEqual(loops.variable('words'), words);
    assert.equal(
      loops.variable('sum'),
      words.reduce((sum, word) => sum + word, 1),
    );
    data.call('change');
    assert.equal(data.variable('counter'), 43);
    assert.equal(functions.call('run'), 127);
  });
}

test('an object without line and function records', { skip }, async () => {
  const path = compile('subprograms');
  const stripped = `${path}.stripped`;
  execFileSync('llvm-objcopy', ['--remove-section=.BTF.ext', '--remove-section=.rel.BTF.ext', path, stripped]);
  using it = await load(openObject(stripped));
  assert.equal(it.call('run_again'), 9);
  assert.equal(it.call('run'), 127);
});

test('an object without debug information', { skip }, async () => {
  using it = await load('loops', { flags: ['-g0'] });
  it.call('work');
  assert.equal(it.object.btf, undefined);
  const [bss] = Object.values(it.entries('.bss'));
  assert.match(String(bss), /^[\da-f]+$/);
});
