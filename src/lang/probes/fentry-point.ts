/** A function of the kernel as its BTF describes it to fentry and fexit programs. */
import type { BtfTypes } from '../types/btf-types.ts';
import type { ProbePoint } from './kind.ts';
import { slotStruct } from './slot-struct.ts';

/** The context: one slot an argument, then the result. */
export function fentryPoint(
  way: 'fentry' | 'fexit',
  name: string,
  btf: BtfTypes,
): Omit<ProbePoint, 'kind'> | undefined {
  const id = btf.btf.find(name, 'func');
  const func = id === undefined ? undefined : btf.btf.type(id);
  const proto = func?.kind === 'func' ? btf.btf.type(func.type) : undefined;
  if (proto?.kind !== 'func_proto') return undefined;
  const parameters = proto.params.filter((param) => param.type !== 0);
  const args = slotStruct(btf, `struct _${way}_${name}`, parameters);
  const atExit = way === 'fexit';
  const retval = { slot: args.in === 'slots' ? args.count : 0, type: btf.of(proto.returns) };
  return {
    name: `${way}:vmlinux:${name}`,
    program: way,
    attachTo: name,
    how: 'attach',
    func: 'attach',
    links: [{ kind: 'tracing' }],
    args,
    argN: { in: 'slots' },
    ...(atExit && proto.returns !== 0 && { retval }),
  };
}
