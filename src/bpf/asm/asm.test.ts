import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as asm from './index.ts';

/** One instruction of each form, with its bytes and the verifier log's text. */
const FORMS: [asm.Instruction, bytes: string, text: string][] = [
  [asm.aluImm('mov', 0, -1), 'b7000000ffffffff', 'r0 = -1'],
  [asm.aluReg('add', 1, 2), '0f21000000000000', 'r1 += r2'],
  [asm.aluImm('rsh', 3, 7, 32), '7403000007000000', 'w3 >>= 7'],
  [asm.aluReg('arsh', 3, 4, 64), 'cf43000000000000', 'r3 s>>= r4'],
  [asm.signedDivide('mod', 1, 2), '9f21010000000000', 'r1 s%= r2'],
  [asm.signExtend(1, 2, 16), 'bf21100000000000', 'r1 = (s16)r2'],
  [asm.negate(5, 32), '8405000000000000', 'w5 = -w5'],
  [asm.toBigEndian(2, 16), 'dc02000010000000', 'r2 = be16 r2'],
  [asm.load('u64', 1, 10, -8), '79a1f8ff00000000', 'r1 = *(u64 *)(r10 -8)'],
  [asm.load('u8', 0, 6, 3), '7160030000000000', 'r0 = *(u8 *)(r6 +3)'],
  [asm.store('u32', 10, -4, 2), '632afcff00000000', '*(u32 *)(r10 -4) = r2'],
  [asm.storeImm('u16', 7, 0, 9), '6a07000009000000', '*(u16 *)(r7 +0) = 9'],
  [asm.atomic('add', 'u64', 0, 8, 1), 'db10080000000000', 'lock *(u64 *)(r0 +8) += r1'],
  [asm.atomic('fetchOr', 'u32', 0, 0, 1), 'c310000041000000', 'r1 = atomic_fetch_or((u32 *)(r0 +0), r1)'],
  [asm.atomic('cmpxchg', 'u64', 2, 0, 1), 'db120000f1000000', 'r0 = atomic64_cmpxchg((u64 *)(r2 +0), r0, r1)'],
  [asm.atomic('xchg', 'u64', 2, 0, 1), 'db120000e1000000', 'r1 = atomic64_xchg((u64 *)(r2 +0), r1)'],
  [asm.jump(-2), '0500feff00000000', 'goto pc-2'],
  [asm.jumpImm('eq', 1, -1, 5), '15010500ffffffff', 'if r1 == 0xffffffff goto pc+5'],
  [asm.jumpReg('slt', 1, 2, 5, 32), 'ce21050000000000', 'if w1 s< w2 goto pc+5'],
  [asm.call('bpf_map_lookup_elem'), '8500000001000000', 'call bpf_map_lookup_elem#1'],
  [asm.exit(), '9500000000000000', 'exit'],
  [asm.loadImm64(1, 0xfedcba9876543210n), '18010000103254760000000098badcfe', 'r1 = 0xfedcba9876543210'],
];

test('every form has the kernel’s bytes and text, and decodes to itself', () => {
  for (const [insn, bytes, text] of FORMS) {
    assert.equal(asm.encode([insn]).toString('hex'), bytes, text);
    assert.equal(asm.insnText(insn), text);
    assert.deepEqual(asm.decode(Buffer.from(bytes, 'hex')), [insn]);
  }
});

test('a program is numbered by slots', () => {
  assert.equal(asm.disassemble([asm.loadImm64(1, 5), asm.exit()]), '0: r1 = 0x5\n2: exit\n');
});

test('references are resolved while encoding, or refused', () => {
  const insns = [asm.exit(), asm.loadReference(1, { kind: 'mapValue', map: 'state', offset: 16 })];
  const bytes = asm.encode(insns, (ref, slot) => {
    assert.deepEqual([ref.kind, slot], ['mapValue', 1]);
    return { src: asm.PSEUDO.mapValue, imm: (16n << 32n) | 7n };
  });
  assert.equal(bytes.toString('hex', 8), '18210000070000000000000010000000');
  assert.throws(() => asm.encode(insns), { code: 'internal', message: /instruction 1: a reference to a mapValue/ });
  assert.equal(asm.insnText(insns[1]!), 'r1 = map[state][0]+16');
});

test('what does not fit its field is refused', () => {
  assert.throws(() => asm.encode([asm.jump(40000)]), /offset 40000 does not fit in 16 bits/);
  assert.throws(() => asm.encode([asm.aluImm('add', 1, 2 ** 33)]), /does not fit in 32 bits/);
  assert.throws(() => asm.call('no_such_helper'), /no BPF helper "no_such_helper"/);
});

test('labels become offsets in slots, forward and back', () => {
  const assembler = new asm.Assembler();
  const top = new asm.Label();
  const end = new asm.Label();
  assembler.place(top);
  assembler.emitJump(asm.jumpImm('eq', 1, 0, 0), end);
  assembler.emit(asm.loadImm64(2, 1n));
  assembler.emitJump(asm.jump(0), top);
  assembler.place(end);
  assembler.emit(asm.exit());
  assert.deepEqual(
    assembler.finish().map((insn) => insn.offset),
    [3, 0, -4, 0],
  );
  const nowhere = new asm.Assembler();
  nowhere.emitJump(asm.jump(0), new asm.Label());
  assert.throws(() => nowhere.finish(), /goes nowhere/);
});

test('cut or odd bytes are a format error', () => {
  assert.throws(() => asm.decode(Buffer.alloc(7)), { code: 'format' });
  assert.throws(() => asm.decode(Buffer.from('1801000000000000', 'hex')), { code: 'format' });
  assert.throws(() => asm.decode(Buffer.from('18010000000000000100000000000000', 'hex')), /second half/);
});

test('helpers are numbered as in linux/bpf.h', (t) => {
  assert.equal(asm.helperByName('cgrp_storage_delete')?.id, 211);
  assert.deepEqual(asm.helperById(130), { id: 130, name: 'ringbuf_output', since: '5.8' });
  const header = '/usr/include/linux/bpf.h';
  if (!existsSync(header)) return t.skip(`${header} is not installed`);
  const names = [...readFileSync(header, 'utf8').matchAll(/\bFN\((\w+)/g)].map((match) => match[1]!);
  const known = asm.helpers().map((helper) => helper.name);
  const count = Math.min(names.length - 1, known.length);
  assert.deepEqual(known.slice(0, count), names.slice(1, count + 1));
});
