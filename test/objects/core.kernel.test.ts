/** CO-RE relocations of every kind against the kernel that runs here; its own BTF says what must come out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findField, kernelBtf, sizeOf } from '../../src/bpf/btf/index.ts';
import { VerifierError } from '../../src/bpf/index.ts';
import { callGetppid, cannotTest, compile, load, writeVmlinuxHeader } from './harness.ts';

const skip = cannotTest;
const target = process.pid;

function place(struct: string, path: string) {
  const btf = kernelBtf();
  return findField(btf, btf.find(struct, 'struct')!, path)!;
}
const offsetOf = (struct: string, path: string) => place(struct, path).offsetBits / 8;

/** Loads, attaches, makes one system call. */
async function once(name: string, set: Record<string, unknown> = { target }) {
  const it = await load(name, { set });
  await it.collection.attachAll();
  callGetppid(1);
  return it;
}

test('offsets of fields: plain, in arrays, in nested structs', { skip }, async () => {
  using it = await once('core_fields');
  assert.deepEqual(it.variable('offsets'), [
    offsetOf('task_struct', 'comm'),
    offsetOf('task_struct', 'comm') + 2,
    offsetOf('signal_struct', 'thread_head.next'),
    offsetOf('mm_struct', 'arg_start'),
    offsetOf('signal_struct', 'thread_head'),
    offsetOf('task_struct', 'pid'),
  ]);
  assert.equal(it.variable('tgid'), target);
  assert.equal(it.variable('parent'), process.ppid);
  const comms = ['comm', `task/${it.variable('pid')}/comm`].map(
    (file) => readFileSync(`/proc/self/${file}`, 'utf8')[2],
  );
  assert.ok(comms.includes(String.fromCharCode(Number(it.variable('letter')))));
});

test('loads fit the size of unsigned fields and of pointers', { skip }, async () => {
  using it = await once('core_direct');
  const stat = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  assert.equal(it.variable('leader'), target);
  assert.equal(it.variable('policy'), Number(stat[38]));
  // PF_RANDOMIZE and its like: 32 bits in the kernel, 64 in the program.
  const flags = it.variable('flags') as number;
  assert.ok(flags > 0 && flags < 2 ** 32, String(flags));
});

test('existence of fields, types, enumerators', { skip }, async () => {
  using it = await load('core_exists');
  it.call('ask');
  const answers = ['pid', 'missing', 'nowhere', 'wrong_type', 'type', 'no_type', 'value', 'no_value'];
  assert.deepEqual(Object.fromEntries(answers.map((name) => [name, it.variable(name)])), {
    pid: 1,
    missing: 0,
    nowhere: 0,
    wrong_type: 0,
    type: 1,
    no_type: 0,
    value: 1,
    no_value: 0,
  });
});

test('sizes, signs, values, ids', { skip }, async () => {
  using it = await load('core_sizes');
  it.call('measure');
  const btf = kernelBtf();
  const task = btf.find('task_struct', 'struct')!;
  const got = (name: string) => it.variable(name);
  assert.deepEqual(['pid', 'comm', 'comm_element', 'stack'].map(got), [4, 16, 1, 8]);
  assert.deepEqual(['prio_signed', 'flags_signed'].map(got), [1, 0]);
  assert.deepEqual(['task', 'atomic', 'nothing'].map(got), [sizeOf(btf, task), 4, 0]);
  assert.deepEqual(['ringbuf', 'target_id', 'no_id'].map(got), [27, task, 0]);
  assert.equal(got('local_id'), it.object.btf!.find('task_struct', 'struct'));
});

test('bit-fields: where and how to load them', { skip }, async () => {
  using it = await once('core_bitfields');
  for (const [name, field] of [
    ['reset', 'sched_reset_on_fork'],
    ['execve', 'in_execve'],
  ] as const) {
    const { offsetBits, bitSize } = place('task_struct', field);
    const got = it.variable(name) as Record<string, number>;
    assert.equal(bitSize, 1);
    assert.equal(got.size, 4);
    assert.equal(got.offset, Math.floor(offsetBits / 32) * 4);
    assert.equal(got.left, 64 - (offsetBits + 1 - got.offset! * 8));
    assert.equal(got.right, 63);
    assert.equal(got.sign, 0);
  }
  assert.deepEqual([it.variable('value'), it.variable('probed')], [0, 0]);
});

test('flavours: the idea that is wrong here is dead code', { skip }, async () => {
  using it = await once('core_flavors');
  assert.equal(it.variable('which'), 1);
  assert.equal(it.variable('state'), 0);
});

test('a missing field that is reached is named, with its line', { skip }, async () => {
  await assert.rejects(load('core_missing'), (error: VerifierError) => {
    assert.ok(error instanceof VerifierError);
    assert.match(error.what, /struct task_struct of this kernel has no member no_such_member/);
    assert.match(error.source!.file, /core_missing\.bpf\.c$/);
    assert.match(error.hint!, /bpf_core_field_exists/);
    return true;
  });
});

test('a signed field of another size cannot be loaded; in dead code that is no matter', { skip }, async () => {
  (await load('core_resized', { set: { reach: 0 } })).collection.close();
  await assert.rejects(
    load('core_resized', { set: { reach: 1 } }),
    /the field has 4 bytes in this kernel, the program loads 8/,
  );
});

test('vmlinux.h as bpftool writes it', { skip, timeout: 120_000 }, async (t) => {
  if (!writeVmlinuxHeader()) return t.skip('bpftool is not installed');
  using it = await once('core_vmlinux');
  assert.deepEqual(it.entries('kinds'), { [target]: 'BPF_MAP_TYPE_RINGBUF' });
  assert.ok(Number(it.variable('files')) > 0);
  assert.ok(Number(it.variable('start_time')) > 0);
});

test('the verifier quotes C lines', { skip }, async () => {
  await assert.rejects(load('refused'), (error: VerifierError) => {
    assert.match(error.source!.text, /\*value \+= 1;/);
    assert.match(error.what, /may be null/);
    return true;
  });
  assert.match(compile('refused'), /refused/);
});
