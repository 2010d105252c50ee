/** What a script's map holds after a run: those of the kernel's maps that it is made of. */
import { sizeOf } from '../../base/record.ts';
import type { ScriptMap } from '../script.ts';
import type { VmMap } from './maps.ts';
import type { Vm } from './vm.ts';

export function entriesOf(vm: Vm, { spec, short, keyShape }: ScriptMap): ReturnType<VmMap['entries']> {
  const entries = vm.map(spec).entries();
  if (short === undefined || !keyShape) return entries;
  const size = sizeOf(keyShape);
  for (const [key, ...value] of vm.map(short).entries()) entries.push([Buffer.concat([key], size), ...value]);
  return entries;
}
