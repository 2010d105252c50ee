/** Gives symbolic references their value: descriptors, distances to functions, BTF ids. */
import { PebbleError } from '../../base/errors.ts';
import { PSEUDO, PSEUDO_CALL, type Reference, type Resolve, type Resolved } from '../asm/index.ts';
import type { ProgramSpec } from '../spec/index.ts';
import type { FindType } from './hook.ts';
import type { ModuleTypes } from './module-types.ts';
import type { Stream } from './stream.ts';

/** Maps by name, as a program refers to them. */
export type MapFds = ReadonlyMap<string, { readonly fd: number }>;

export function resolver(
  program: ProgramSpec,
  stream: Stream,
  maps: MapFds,
  find: FindType,
  modules: ModuleTypes,
): Resolve {
  const doing = `loading program "${program.name}"`;
  const fdOf = (map: string): number => maps.get(map)?.fd ?? missing(doing, `map "${map}"`);
  const distance = (name: string, slot: number): number =>
    (stream.starts.get(name) ?? missing(doing, `function "${name}"`)) - slot - 1;
  return (ref: Reference, slot: number): Resolved => {
    switch (ref.kind) {
      case 'map':
        return { src: PSEUDO.mapFd, imm: fdOf(ref.map) };
      case 'mapValue':
        return { src: PSEUDO.mapValue, imm: (BigInt(ref.offset) << 32n) | BigInt(fdOf(ref.map)) };
      case 'function':
        return { src: PSEUDO_CALL.function, imm: distance(ref.name, slot) };
      case 'functionAddress':
        // The upper half must be 0: only the lower is a distance.
        return { src: PSEUDO.func, imm: BigInt.asUintN(32, BigInt(distance(ref.name, slot))) };
      case 'kernelSymbol':
        return { src: PSEUDO.btfId, imm: find(ref.name, 'var', doing) };
      case 'kfunc':
        return { src: PSEUDO_CALL.kfunc, imm: find(ref.name, 'func', doing) };
      case 'moduleVariable':
        return { src: PSEUDO.btfId, imm: (BigInt(modules.fd(ref.module)) << 32n) | BigInt(ref.id) };
      case 'moduleFunction':
        return { src: PSEUDO_CALL.kfunc, imm: ref.id, offset: modules.index(ref.module) };
    }
  };
}

function missing(doing: string, what: string): never {
  throw new PebbleError('internal', { doing, what: `the collection has no ${what}` });
}
