/** For tests: a kernel of which compiled objects see a few types, so that none is needed to link them. */
import { BtfBuilder } from '../btf/builder.ts';
import { Btf } from '../btf/index.ts';
import type { ObjectKernel } from '../object/index.ts';

export function smallKernel(): ObjectKernel {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  const member = (name: string, type: number, offsetBits: number, bitSize = 0) => ({ name, type, offsetBits, bitSize });
  builder.struct('task_struct', 64, (self) => [
    member('flag', builder.int('unsigned int', 4), 3, 1),
    member('array', builder.array(int, 8), 64),
    member('parent', builder.ptr(self), 320),
    member('pid', int, 384),
  ]);
  builder.enum('bpf_kind', 4, [{ name: 'SECOND', value: 77n }]);
  builder.enum('bpf_func_id', 4, [{ name: 'BPF_FUNC_get_attach_cookie', value: 174n }]);
  const btf = Btf.parse(builder.build());
  return {
    types: () => ({ kernel: btf, modules: () => [] }),
    version: 0x060c22,
    config: () => new Map(),
    symbolAddress: (name) => (name === 'some_symbol' ? 0xffffffff81000000n : undefined),
    hasSyscallWrapper: () => true,
  };
}
