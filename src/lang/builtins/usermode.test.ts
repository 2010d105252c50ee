/** usermode by the registers of each architecture, in the VM. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import type { CompileHost } from '../host.ts';
import { entriesOf, Vm } from '../vm/index.ts';

/** What the program of a `profile` probe counts of samples whose registers have `value` at `offset`. */
function counted(arch: CompileHost['arch'] & string, offset: number, values: readonly bigint[]): number {
  const { script, diagnostics } = compile('profile:hz:99 /usermode/ { @ = count(); }', {
    host: { arch, cpus: { possible: 1 } },
  });
  assert.deepEqual(diagnostics, []);
  const { programs, maps } = script!.collection;
  const vm = new Vm(programs[0]!.functions, maps);
  for (const value of values) {
    const registers = new Uint8Array(512);
    new DataView(registers.buffer).setBigUint64(offset, value, true);
    vm.run(registers);
  }
  const [[, value] = []] = entriesOf(vm, script!.maps[0]!);
  return value![0]!;
}

test('the privilege level of cs on x86-64', () => {
  assert.equal(counted('x64', 17 * 8, [0x33n, 0x23n, 0x10n, 0x33n]), 3);
});

test('the mode of pstate on arm64, 32-bit programs included', () => {
  assert.equal(counted('arm64', 33 * 8, [0x1000n, 0x10n, 0x5n, 0x9n, 0n]), 3);
});
