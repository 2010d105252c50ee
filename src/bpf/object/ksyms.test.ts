/** Functions and variables of the kernel and of its modules, as an object's instructions refer to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, type Instruction, PSEUDO_CALL } from '../asm/index.ts';
import { OPCODE_CALL, OPCODE_LD_IMM64 } from '../asm/opcodes.ts';
import { BtfBuilder } from '../btf/builder.ts';
import { Btf } from '../btf/index.ts';
import { smallKernel } from '../testing/object-kernel.ts';
import { callExtern, loadExtern } from './ksyms.ts';

const call: Instruction = { opcode: OPCODE_CALL, dst: 0, src: PSEUDO_CALL.kfunc, offset: 0, imm: -1 };
const load: Instruction = { opcode: OPCODE_LD_IMM64, dst: 1, src: 0, offset: 0, imm: 0n };

/** `int own(int); int of_module(int); int counter;`, the first in the kernel, the others in its module. */
function declare(builder: BtfBuilder, names: readonly string[]): Map<string, number> {
  const int = builder.int('int', 4, { signed: true });
  const proto = builder.funcProto(int, [{ name: 'n', type: int }]);
  return new Map(
    names.map((name) => [
      name,
      name === 'counter' ? builder.var(name, int, 'global') : builder.func(name, proto, 'global'),
    ]),
  );
}

function fixture() {
  const local = new BtfBuilder();
  const declared = declare(local, ['own', 'of_module', 'counter', 'nowhere']);
  const kernelBuilder = new BtfBuilder();
  const inKernel = declare(kernelBuilder, ['own']);
  const kernel = Btf.parse(kernelBuilder.build(), { name: '/sys/kernel/btf/vmlinux' });
  const moduleBuilder = new BtfBuilder(kernel);
  const inModule = declare(moduleBuilder, ['of_module', 'counter']);
  const module = Btf.parse(moduleBuilder.build(), { name: '/sys/kernel/btf/some_module', base: kernel });
  const types = { kernel, modules: () => [module] };
  const symbol = (name: string, optional = false) => ({ name, type: declared.get(name)!, optional });
  return { btf: Btf.parse(local.build()), host: { ...smallKernel(), types: () => types }, symbol, inKernel, inModule };
}

test('a function of the kernel is called by its id', () => {
  const { btf, host, symbol, inKernel } = fixture();
  assert.deepEqual(callExtern(call, symbol('own'), btf, host), { ...call, imm: inKernel.get('own') });
});

test('functions and variables of a module are named with it, for descriptors that only the loader has', () => {
  const { btf, host, symbol, inModule } = fixture();
  const called = callExtern(call, symbol('of_module'), btf, host);
  const loaded = loadExtern(load, symbol('counter'), btf, host);
  assert.deepEqual(called.ref, { kind: 'moduleFunction', module: 'some_module', id: inModule.get('of_module') });
  assert.deepEqual(loaded.ref, { kind: 'moduleVariable', module: 'some_module', id: inModule.get('counter') });
  const bytes = encode([called], () => ({ src: PSEUDO_CALL.kfunc, imm: 5, offset: 1 }));
  assert.deepEqual([bytes[1]! >> 4, bytes.readInt16LE(2), bytes.readInt32LE(4)], [2, 1, 5]);
});

test('what is nowhere is an error, or for weak externs absent', () => {
  const { btf, host, symbol } = fixture();
  assert.throws(() => callExtern(call, symbol('nowhere'), btf, host), { code: 'unsupported', hint: /__weak/ });
  assert.match(callExtern(call, symbol('nowhere', true), btf, host).poison ?? '', /no function nowhere/);
});
