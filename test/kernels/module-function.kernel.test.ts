/**
 * A function of a kernel module, called from a compiled object:
 * npm run kernels -- --kernel 6.1 --module libcrc32c --module nf_defrag_ipv4 --module nf_defrag_ipv6 --module nf_conntrack --
 *   node --test test/kernels/module-function.kernel.test.ts
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasKernelBtf, kernelBtf, moduleBtf, modulesWithBtf } from '../../src/bpf/btf/index.ts';
import { loadObject, MapReader, openObject } from '../../src/bpf/object/host/index.ts';

const FUNCTION = 'bpf_skb_ct_lookup';
const ENOENT = 2;

/** Which BTF has it. */
function owner(): string | undefined {
  if (process.getuid?.() !== 0 || !hasKernelBtf()) return undefined;
  if (kernelBtf().find(FUNCTION, 'func') !== undefined) return 'the kernel';
  return modulesWithBtf().find((module) => moduleBtf(module).find(FUNCTION, 'func') !== undefined);
}

const where = owner();
const skip = where === undefined && 'not root, or no connection tracker with functions for programs is loaded here';

test(`a function of ${where ?? 'a module'} is found by its type, and called`, { skip }, async () => {
  const object = openObject(join(import.meta.dirname, 'testdata/connection.bpf.o'));
  const { collection } = await loadObject(object);
  try {
    const { returned } = collection.program('look').testRun({ data: new Uint8Array(64) });
    const bss = collection.spec.maps.find(({ name }) => name === '.bss')!;
    const [entry] = new MapReader(collection, object.btf).entries(bss);
    assert.deepEqual([returned, entry?.value], [0, { error: -ENOENT, found: 0 }]);
  } finally {
    collection.close();
  }
});
