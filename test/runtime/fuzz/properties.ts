/** What must hold for any well-formed input: made at random, written, read back, compared. */
import assert from 'node:assert/strict';
import { BtfBuilder } from '../../../src/bpf/btf/builder.ts';
import { Btf, sizeOf } from '../../../src/bpf/btf/index.ts';
import { parseUsdtArguments, registerPlace } from '../../../src/bpf/elf/index.ts';
import { type Note, parseNotes } from '../../../src/bpf/elf/notes.ts';
import { summarize } from '../../../src/bpf/programs/verifier-log.ts';
import { parseMaps } from '../../../src/bpf/symbols/maps.ts';
import { parseCpuList } from '../../../src/bpf/sys/cpus.ts';
import type { Random } from './random.ts';

export interface Property {
  readonly name: string;
  check(random: Random): void;
}

const X86_REGISTERS = ['rax', 'eax', 'ax', 'al', 'rbp', 'rsp', 'r8d', 'r15', 'sil', 'r12b'];
const word = (random: Random) =>
  Array.from({ length: 1 + random.below(8) }, () => random.of([...'abcxyz_09'])).join('');

export const PROPERTIES: readonly Property[] = [
  {
    name: 'BTF that was built is read back',
    check(random) {
      const builder = new BtfBuilder();
      const expected: { id: number; kind: string; name: string; size?: number }[] = [];
      const known = [builder.int('int', 4, { signed: true })];
      for (let i = random.below(40); i >= 0; i--) {
        const name = `t${i}_${word(random)}`;
        const of = random.of(known);
        const made = random.of<() => { id: number; kind: string; name: string; size?: number }>([
          () => ({ id: builder.typedef(name, of), kind: 'typedef', name }),
          () => ({ id: builder.struct(name, 16, membersOf(random, known)), kind: 'struct', name, size: 16 }),
          () => ({ id: builder.union(name, 8, membersOf(random, known)), kind: 'union', name, size: 8 }),
          () => ({ id: builder.fwd(name, 'struct'), kind: 'fwd', name }),
          () => ({ id: builder.float(name, 8), kind: 'float', name, size: 8 }),
          () => ({ id: builder.enum(name, 4, [{ name: `${name}_A`, value: 1n }]), kind: 'enum', name, size: 4 }),
          () => ({ id: builder.var(name, of, 'global'), kind: 'var', name }),
        ])();
        known.push(made.id, builder.ptr(made.id));
        expected.push(made);
      }
      const btf = Btf.parse(builder.build());
      for (const { id, kind, name, size } of expected) {
        assert.deepEqual([btf.kindOf(id), btf.nameOf(id), btf.type(id).kind], [kind, name, kind]);
        assert.equal(btf.find(name), id);
        if (size !== undefined) assert.equal(sizeOf(btf, id), size);
      }
    },
  },
  {
    name: 'notes that were written are read back',
    check(random) {
      const notes: Note[] = Array.from({ length: random.below(6) }, () => ({
        owner: random.of(['GNU', 'stapsdt', 'Go', 'FDO']),
        type: random.below(2 ** 31),
        data: Buffer.from(word(random).repeat(random.below(9))),
      }));
      const alignment = random.of([4, 8]);
      assert.deepEqual(
        parseNotes(Buffer.concat(notes.map((note) => encodeNote(note, alignment))), alignment, 'x'),
        notes,
      );
    },
  },
  {
    name: 'arguments of USDT probes mean what was written',
    check(random) {
      const disp = random.below(4096) - 2048;
      const [base, index] = [random.of(X86_REGISTERS), random.of(X86_REGISTERS)];
      const scale = random.of([1, 2, 4, 8]);
      const text = `8@${disp}(%${base},%${index},${scale}) -4@$${disp} 8@%${base}`;
      const [memory, constant, register] = parseUsdtArguments(text, 'x86_64');
      assert.deepEqual(memory?.kind === 'mem' && [memory.disp, memory.base, memory.index, memory.scale], [
        disp,
        registerPlace('x86_64', base),
        registerPlace('x86_64', index),
        scale,
      ]);
      assert.equal(constant?.kind === 'const' && constant.value, BigInt(disp));
      assert.deepEqual(register?.kind === 'reg' && register.reg, registerPlace('x86_64', base));
    },
  },
  {
    name: "the verifier's verdict is found among its steps",
    check(random) {
      const verdict = random.of([
        'R6 invalid mem access',
        'unreachable insn 7',
        `math between ${word(random)} pointer`,
      ]);
      const slot = random.below(100_000);
      const steps = Array.from({ length: random.below(30) }, (_, i) => `${i}: (b7) r0 = ${random.below(99)}`);
      const log = [...steps, `; ${word(random)}`, `${slot}: (79) r1 = *(u64 *)(r6 +0)`, verdict, 'processed 9 insns'];
      assert.deepEqual(summarize(log.join('\n')), { telling: verdict, slot });
    },
  },
  {
    name: 'mappings of a process come as they are printed',
    check(random) {
      const start = random.below(2 ** 31) * 4096;
      const path = random.of(['', '[heap]', '/usr/bin/postgres', '/with blank/x', '/x (deleted)']);
      const line = `${start.toString(16)}-${(start + 4096).toString(16)} r-xp 00002000 fe:01 77 ${' '.repeat(9)}${path}`;
      const [mapping, ...others] = parseMaps(`${line}\n`);
      assert.equal(others.length, 0);
      assert.deepEqual([mapping?.start, mapping?.offset, mapping?.inode], [start, 0x2000, 77]);
      assert.equal(mapping?.path, path.replace(' (deleted)', ''));
      assert.equal(mapping?.deleted, path.endsWith('(deleted)'));
    },
  },
  {
    name: 'lists of CPUs are read back',
    check(random) {
      const first = random.below(64);
      const last = first + random.below(64);
      const cpus = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      assert.deepEqual(parseCpuList(`${first}-${last},${last + 2}\n`), [...cpus, last + 2]);
    },
  },
];

function membersOf(random: Random, known: readonly number[]) {
  return Array.from({ length: random.below(5) }, (_, i) => ({
    name: `m${i}`,
    type: random.of(known),
    offsetBits: random.below(8) * 8,
    bitSize: random.oneIn(3) ? 1 + random.below(7) : 0,
  }));
}

function encodeNote({ owner, type, data }: Note, alignment: number): Buffer {
  const name = Buffer.from(`${owner}\0`);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(data.length, 4);
  head.writeUInt32LE(type, 8);
  const padded = (size: number) => Math.ceil(size / alignment) * alignment;
  const note = Buffer.alloc(padded(padded(12 + name.length) + data.length));
  Buffer.concat([head, name]).copy(note);
  data.copy(note, padded(12 + name.length));
  return note;
}
