/** The `args` of a user function: where the calling convention puts what its debug information declares. */

import { alignUp } from '../../base/record.ts';
import { ENCODING as DWARF_ENCODING } from '../../bpf/dwarf/constants.ts';
import type { FunctionInfo } from '../../bpf/dwarf/index.ts';
import { type DwarfType, peel } from '../../bpf/dwarf/type.ts';
import { debugType } from '../types/debug-types.ts';
import { sizeOfType } from '../types/layout.ts';
import type { Field } from '../types/type.ts';
import type { ArgumentPlace, Arguments } from './kind.ts';

const WORD = 8;

/** System V x86-64 and, for what fits registers, AAPCS64; floating-point arguments are in registers that eBPF cannot read. */
export function userArguments(fn: FunctionInfo, name: string, registers: number): Arguments {
  const fields: Field[] = [];
  const places = new Map<string, ArgumentPlace>();
  let size = 0;
  let used = 0;
  let stack = 0;
  for (const parameter of fn.parameters) {
    if (isFloating(parameter.type)) continue;
    const type = debugType(parameter.type);
    const words = Math.max(1, Math.ceil(sizeOfType(type) / WORD));
    const inRegisters = words <= 2 && used + words <= registers;
    places.set(
      parameter.name,
      inRegisters ? { in: 'registers', first: used, count: words } : { in: 'stack', offset: stack },
    );
    if (inRegisters) used += words;
    else stack += words * WORD;
    fields.push({ name: parameter.name, offset: size, type });
    size = alignUp(size + sizeOfType(type), WORD);
  }
  return { in: 'registers', places, struct: { kind: 'struct', name, size, align: WORD, fields: () => fields } };
}

function isFloating(type: DwarfType): boolean {
  const whole = peel(type);
  return whole.kind === 'base' && whole.encoding === DWARF_ENCODING.float;
}
