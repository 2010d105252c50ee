/** Makes the `args` struct of programs whose context is an array of eight-byte slots (tp_btf, fentry, fexit). */
import { alignUp } from '../../base/record.ts';
import { sizeOf } from '../../bpf/btf/index.ts';
import type { BtfTypes } from '../types/btf-types.ts';
import { type Field, pointerTo, type Type } from '../types/type.ts';
import type { Arguments } from './kind.ts';

export function slotStruct(
  btf: BtfTypes,
  name: string,
  parameters: readonly { readonly name: string; readonly type: number }[],
): Arguments {
  const slots = new Map<string, number>();
  const fields: Field[] = [];
  let slot = 0;
  let end = 0;
  for (const parameter of parameters) {
    const type = trusted(btf.of(parameter.type));
    const size = parameter.type === 0 ? 8 : sizeOf(btf.btf, parameter.type);
    slots.set(parameter.name, slot);
    fields.push({ name: parameter.name, offset: end, type });
    slot += Math.ceil(size / 8);
    end = alignUp(end + size, 8);
  }
  return {
    in: 'slots',
    slots,
    count: slot,
    struct: { kind: 'struct', name, size: end, align: 8, fields: () => fields },
  };
}

/** The verifier knows the type of a struct pointer that it hands to the program. */
function trusted(type: Type): Type {
  return type.kind === 'pointer' && type.to.kind === 'struct' && type.space === 'kernel'
    ? pointerTo(type.to, 'kernel', true)
    : type;
}
