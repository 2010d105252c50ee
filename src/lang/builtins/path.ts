/** path(): the full path of an open file, as the kernel's own helper makes it. */
import { type Address, imm } from '../ir/index.ts';
import { type Lowering, sourceLine } from '../lower/lowering.ts';
import { pointerOf, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { inMemory } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import { sizeOfType } from '../types/layout.ts';
import { stringType, type Type, typeName } from '../types/type.ts';

const PROBES = ['fentry', 'fexit', 'iter'];

const path: FunctionRow = {
  name: 'path',
  signature: 'string path(struct path *path, [const int size])',
  doc: 'Path of an open file: `path(args.file.f_path)`. In iter probes, and in fentry and fexit of the functions that the kernel allows it in.',
  arguments: [1, 2],
  type(call, t) {
    const [of, length] = call.arguments;
    const size = length && constantOf(length, t);
    if (length && (typeof size !== 'bigint' || size < 0n)) {
      return t.error(call, 'path: invalid size value, need non-negative literal');
    }
    if (!PROBES.includes(t.point?.program ?? '')) {
      return t.error(call, "The path function can only be used with 'fentry', 'fexit', 'iter' probes");
    }
    const type = of && t.typeOf(of);
    if (!type) return undefined;
    if (!isPath(type)) return t.error(call, `path() only supports 'struct path' (${typeName(type)} provided)`);
    return stringType(typeof size === 'bigint' ? Number(size) : t.settings.maxStrlen);
  },
  lower(call, l) {
    const type = l.typeOf(call);
    const slot = l.slot('path', type);
    readPath(call, slot, type, l);
    return inMemory(type, slot);
  },
  into: readPath,
};

function isPath(type: Type): boolean {
  const struct = type.kind === 'pointer' ? type.to : type;
  return struct.kind === 'struct' && struct.name === 'struct path';
}

function readPath(call: Call, to: Address, type: Type, l: Lowering): void {
  const size = sizeOfType(type);
  l.b.zero(to, size);
  const value = l.value(call.arguments[0]!);
  const pointer =
    value.kind === 'memory' && value.type.kind === 'struct' ? l.b.addressOf(value.at) : toScalar(value, l).operand;
  const buffer = pointerOf(to, l);
  // Where the kernel does not allow it, it is this call that it refuses.
  l.b.withSource(sourceLine(call.span), () => l.b.helper('d_path', [pointer, buffer, imm(size)]));
}

export const PATHS: readonly FunctionRow[] = [path];
