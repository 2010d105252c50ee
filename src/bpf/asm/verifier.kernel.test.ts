import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocate, scratch } from '../../native/index.ts';
import { closeFd, progLoad } from '../sys/index.ts';
import { lacking } from '../testing/needs.ts';
import * as asm from './index.ts';

/** BPF_PROG_TYPE_RAW_TRACEPOINT. */
const RAW_TRACEPOINT = 17;
const LOG_SIZE = 1 << 18;

const skip = await lacking('atomics', 'signed_division');

/** A program that the verifier accepts, with every form that tracing uses; it wants Linux 6.6 for the signed ones. */
const PROGRAM = [
  asm.aluReg('mov', 6, 1),
  asm.loadImm64(3, 0xfedcba9876543210n),
  asm.loadImm64(4, 5n),
  asm.storeImm('u64', 10, -8, 7),
  asm.store('u64', 10, -16, 3),
  asm.storeImm('u8', 10, -17, 3),
  asm.store('u16', 10, -20, 3),
  asm.load('u64', 1, 10, -8),
  asm.load('u8', 2, 10, -17),
  asm.load('u16', 2, 10, -20),
  asm.aluReg('add', 1, 2),
  asm.aluImm('rsh', 3, 7, 32),
  asm.aluReg('arsh', 3, 3),
  asm.aluImm('mul', 3, -5),
  asm.aluImm('and', 3, 0x7fffffff, 32),
  asm.aluImm('xor', 3, 1),
  asm.aluImm('or', 3, 1),
  asm.aluImm('lsh', 3, 1),
  asm.aluImm('mod', 3, 9),
  asm.aluImm('div', 3, 9),
  asm.aluImm('sub', 3, 9),
  asm.negate(3),
  asm.negate(3, 32),
  asm.toBigEndian(3, 16),
  asm.signedDivide('mod', 3, 4),
  asm.signedDivide('div', 3, 4, 32),
  asm.signExtend(3, 4, 16),
  asm.aluReg('mov', 3, 4, 32),
  asm.atomic('add', 'u64', 10, -8, 4),
  asm.atomic('fetchOr', 'u64', 10, -8, 4),
  asm.atomic('fetchAdd', 'u32', 10, -16, 4),
  asm.atomic('xchg', 'u64', 10, -8, 4),
  asm.aluImm('mov', 0, 1),
  asm.atomic('cmpxchg', 'u64', 10, -8, 4),
  asm.atomic('and', 'u64', 10, -8, 4),
  // Jumps over something: Linux 7.3 prints those over nothing as "goto".
  ...[
    asm.jumpImm('eq', 4, 3, 1),
    asm.jumpReg('slt', 1, 4, 1, 32),
    asm.jumpImm('set', 4, 8, 1),
    asm.jumpImm('sge', 4, -8, 1),
    asm.jumpImm('le', 4, 8, 1, 32),
  ].flatMap((jump) => [jump, asm.aluImm('mov', 0, 0)]),
  asm.jump(0),
  asm.call('ktime_get_ns'),
  asm.aluImm('mov', 0, 0),
  asm.exit(),
];

test('the verifier accepts our bytes and prints our text', { skip }, (t) => {
  const code = asm.encode(PROGRAM);
  const log = allocate(LOG_SIZE);
  const fd = scratch((arena) =>
    progLoad({
      prog_type: RAW_TRACEPOINT,
      insn_cnt: code.length / asm.INSN_SIZE,
      insns: arena.bytes(code),
      license: arena.text('GPL'),
      log_level: 2,
      log_size: LOG_SIZE,
      log_buf: log.address,
    }),
  );
  if (fd === -1) return t.skip('loading programs is not permitted: CAP_BPF and CAP_PERFMON are missing');
  const text = log.bytes.toString('utf8', 0, log.bytes.indexOf(0));
  assert.ok(fd >= 0, text);
  closeFd(fd);
  // "12: (79) r1 = *(u64 *)(r10 -8)       ; R1_w=7"
  const printed = new Map(
    [...text.matchAll(/(\d+): \([0-9a-f]{2}\) ([^;\n]*)/g)].map((m) => [Number(m[1]), m[2]!.trim()]),
  );
  let slot = 0;
  for (const insn of PROGRAM) {
    assert.equal(asm.insnText(insn), printed.get(slot));
    slot += asm.slotsOf(insn);
  }
});
