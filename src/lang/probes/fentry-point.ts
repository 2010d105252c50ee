/** A function of the kernel as its BTF describes it to fentry and fexit programs. */
import type { BtfTypes } from '../types/btf-types.ts';
import type { ProbePoint } from './kind.ts';
import { slotStruct } from './slot-struct.ts';

/** The context: one slot an argument, then the result. */
export function fentryPoint(
  way: 'fentry' | 'fexit',
  name: string,
  btf: BtfTypes,
  module = 'vmlinux',
): Omit<ProbePoint, 'kind'> | undefined {
  const id = ownFunction(name, btf);
  const func = id === undefined ? undefined : btf.btf.type(id);
  const proto = func?.kind === 'func' ? btf.btf.type(func.type) : undefined;
  if (proto?.kind !== 'func_proto') return undefined;
  const parameters = proto.params.filter((param) => param.type !== 0);
  const args = slotStruct(btf, `struct _${way}_${name}`, parameters);
  const atExit = way === 'fexit';
  const retval = { slot: args.in === 'slots' ? args.count : 0, type: btf.of(proto.returns) };
  return {
    name: `${way}:${module}:${name}`,
    program: way,
    attachTo: name,
    ...(module !== 'vmlinux' && { attachModule: module }),
    how: 'attach',
    func: 'attach',
    links: [{ kind: 'tracing' }],
    args,
    argN: { in: 'slots' },
    ...(atExit && proto.returns !== 0 && { retval }),
  };
}

/** Of a module's BTF what the kernel has not: both may have a function of the name. */
export function ownFunction(name: string, { btf }: BtfTypes): number | undefined {
  return btf.findAll(name, 'func').find((id) => id >= btf.firstId);
}
