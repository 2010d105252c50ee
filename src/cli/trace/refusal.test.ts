import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotsOf } from '../../bpf/asm/index.ts';
import { hasKernelBtf } from '../../bpf/btf/index.ts';
import { VerifierError } from '../../bpf/programs/index.ts';
import { compile } from '../../lang/index.ts';
import { machineHost } from '../../tracer/host/index.ts';
import { refusalText } from './refusal.ts';

const TEXT = 'fentry:vfs_read { print("a"); print(path(args.file.f_path)); print("b"); }';
const D_PATH = 147;

test('a helper that the verifier refuses is shown where the script calls it', {
  skip: !hasKernelBtf() && 'no BTF',
}, () => {
  const host = { ...machineHost(), canHook: () => true };
  const { script } = compile({ name: 'stdin', text: TEXT }, { host });
  const [program] = script!.collection.programs;
  const insns = program!.functions.flatMap((fn) => fn.insns);
  const index = insns.findIndex(({ opcode, imm }) => opcode === 0x85 && imm === D_PATH);
  const slot = insns.slice(0, index).reduce((sum, insn) => sum + slotsOf(insn), 0);
  const log = `${slot}: (85) call bpf_d_path#147\nhelper call is not allowed in probe\nprocessed ${slot} insns\n`;
  const [head, line, marks] = refusalText(new VerifierError(program!, log, 22), false)!.split('\n');
  assert.equal(head, 'stdin:1:37-59: ERROR: helper bpf_d_path not allowed in probe');
  assert.deepEqual([line, marks], [TEXT, `${' '.repeat(36)}${'~'.repeat(22)}`]);
  assert.equal(refusalText(new VerifierError(program!, 'BPF program is too large.\n', 22), false), undefined);
});
