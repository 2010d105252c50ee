/** What a script's map holds after a run: those of the kernel's maps that it is made of. */
import { sizeOf } from '../../base/record.ts';
import type { ScriptMap } from '../script.ts';
import type { Vm } from './vm.ts';

type Entry = readonly [key: Uint8Array, value: Uint8Array];

export function entriesOf(vm: Vm, { spec, short, keyShape }: ScriptMap): Entry[] {
  const entries = vm
    .map(spec)
    .entries()
    .map(([key, value]): Entry => [key, value]);
  if (short === undefined || !keyShape) return entries;
  const size = sizeOf(keyShape);
  const others = vm
    .map(short)
    .entries()
    .map(([key, value]): Entry => [Buffer.concat([key], size), value]);
  return [...entries, ...others];
}
