/** Completes the BTF that clang wrote: places of variables, and externs in a form that kernels take. */
import { Btf, type TypeId } from '../btf/index.ts';
import { LINKAGES } from '../btf/kinds.ts';
import { alignOf } from '../btf/layout.ts';
import { type RawType, rawTypes } from '../btf/raw.ts';
import type { ObjectElf } from './elf.ts';

/** Externs that a loader gives a value, and those that the kernel has. */
export const KCONFIG = '.kconfig';
export const KSYMS = '.ksyms';

const STATIC = LINKAGES.indexOf('static');
const GLOBAL = LINKAGES.indexOf('global');
const EXTERN = LINKAGES.indexOf('extern');
/** Bytes of a type's three words, and of a variable of a section: type, offset, size. */
const HEAD = 12;
const VARIABLE = 12;
const KIND_UNION = 5;
/** Of the header: where the types and the strings are, from its end, and how many bytes the types take. */
const [TYPES, TYPES_LENGTH, STRINGS] = [8, 12, 16] as const;

export interface ObjectTypes {
  /** What the compiler wrote, with variables at their places; externs are still externs. */
  readonly btf: Btf;
  /** The same for the kernel, which takes no externs. */
  readonly forKernel: Buffer;
}

export function completeTypes(written: Buffer, object: ObjectElf): ObjectTypes {
  const name = `.BTF of ${object.elf.name}`;
  const bytes = withoutMerged(written, Btf.parse(written, { name }), object);
  const btf = Btf.parse(bytes, { name });
  const completed = Buffer.from(bytes);
  const types = [...rawTypes(bytes)];
  for (const type of types) {
    if (type.kind === 'datasec') placeVariables(completed, type, types, btf, object);
    if (type.kind === 'func' && type.parts === GLOBAL) hide(completed, type, btf, object);
  }
  const forKernel = Buffer.from(completed);
  for (const type of types) withoutExterns(forKernel, type, types, btf);
  return { btf: Btf.parse(completed, { name }), forKernel };
}

/**
 * clang tells of a small constant as a variable of .rodata also where the linker may merge it with others, in a section
 * like .rodata.cst16: there it is, and in .rodata its place is another's.
 */
function withoutMerged(bytes: Buffer, btf: Btf, object: ObjectElf): Buffer {
  let kept = bytes;
  // From the last: what is cut off moves only what comes after it.
  for (const section of [...rawTypes(bytes)].filter(({ kind }) => kind === 'datasec').reverse()) {
    for (let i = section.parts - 1, parts = section.parts; i >= 0; i--) {
      const at = section.at + HEAD + i * VARIABLE;
      if (!isElsewhere(btf, btf.nameOf(section.id), bytes.readUInt32LE(at), object)) continue;
      kept = withoutBytes(kept, at, VARIABLE);
      setParts(kept, section, --parts);
    }
  }
  return kept;
}

function isElsewhere(btf: Btf, section: string, variable: TypeId, { elf, symbols }: ObjectElf): boolean {
  const type = btf.type(variable);
  if (type.kind !== 'var' || type.linkage !== 'static') return false;
  const [index, name] = [elf.section(section)?.index, btf.nameOf(variable)];
  const places = symbols.filter((symbol) => symbol.name === name);
  return places.length > 0 && places.every((symbol) => symbol.section !== index);
}

/** Without some bytes of the types; the strings come after them. */
function withoutBytes(bytes: Buffer, at: number, count: number): Buffer {
  const kept = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
  const [types, strings] = [TYPES, STRINGS].map((field) => bytes.readUInt32LE(field)) as [number, number];
  kept.writeUInt32LE(bytes.readUInt32LE(TYPES_LENGTH) - count, TYPES_LENGTH);
  if (strings > types) kept.writeUInt32LE(strings - count, STRINGS);
  return kept;
}

/** clang leaves the section's size 0 and the offsets of global variables to the linker, which never runs. */
function placeVariables(
  bytes: Buffer,
  section: RawType,
  types: readonly RawType[],
  btf: Btf,
  { elf, symbols }: ObjectElf,
): void {
  const name = btf.nameOf(section.id);
  const elfSection = elf.section(name);
  const variables = Array.from({ length: section.parts }, (_, i) => {
    const at = section.at + HEAD + i * VARIABLE;
    return { type: bytes.readUInt32LE(at), offset: bytes.readUInt32LE(at + 4), size: bytes.readUInt32LE(at + 8) };
  });
  let end = 0;
  if (name === KCONFIG) {
    for (const variable of variables) {
      const align = alignOf(btf, variable.type);
      variable.offset = Math.ceil(end / align) * align;
      end = variable.offset + variable.size;
    }
  } else if (elfSection) {
    for (const variable of variables) {
      const type = types[variable.type - 1];
      if (type?.kind !== 'var' || linkageOf(bytes, type) !== GLOBAL) continue;
      const symbolName = btf.nameOf(variable.type);
      const symbol = symbols.find((each) => each.section === elfSection.index && each.name === symbolName);
      if (symbol) variable.offset = symbol.address >>> 0;
    }
    end = elfSection.size;
  }
  // The kernel takes no section without a size, also where nothing is left in it.
  if (bytes.readUInt32LE(section.at + 8) === 0) bytes.writeUInt32LE(Math.max(end, 1) >>> 0, section.at + 8);
  variables.sort((a, b) => a.offset - b.offset);
  variables.forEach((variable, i) => {
    const at = section.at + HEAD + i * VARIABLE;
    bytes.writeUInt32LE(variable.type, at);
    bytes.writeUInt32LE(variable.offset >>> 0, at + 4);
    bytes.writeUInt32LE(variable.size, at + 8);
  });
}

/** A hidden function is checked where it is called, not by its types alone (libbpf treats it so, too). */
function hide(bytes: Buffer, type: RawType, btf: Btf, { symbols }: ObjectElf): void {
  const name = btf.nameOf(type.id);
  if (symbols.some((symbol) => symbol.hidden && symbol.name === name)) setParts(bytes, type, STATIC);
}

function withoutExterns(bytes: Buffer, type: RawType, types: readonly RawType[], btf: Btf): void {
  const int = () => types.find(({ kind }) => kind === 'int')?.id ?? 0;
  switch (type.kind) {
    case 'var':
      if (linkageOf(bytes, type) !== EXTERN) return;
      bytes.writeUInt32LE(GLOBAL, type.at + HEAD);
      // A kernel symbol without a type is void, which is no type of a variable.
      if (btf.type(type.id).kind === 'var' && !isSized(btf, type.id)) bytes.writeUInt32LE(int(), type.at + 8);
      return;
    case 'func':
      if (type.parts !== EXTERN) return;
      setParts(bytes, type, GLOBAL);
      nameParameters(bytes, types[bytes.readUInt32LE(type.at + 8) - 1], bytes.readUInt32LE(type.at));
      return;
    case 'datasec':
      if (btf.nameOf(type.id) === KSYMS) flatten(bytes, type, int());
  }
}

/** The kernel wants every parameter of a function to have a name; any will do. */
function nameParameters(bytes: Buffer, proto: RawType | undefined, name: number): void {
  if (proto?.kind !== 'func_proto') return;
  for (let i = 0; i < proto.parts; i++) {
    const at = proto.at + HEAD + i * 8;
    if (bytes.readUInt32LE(at) === 0 && bytes.readUInt32LE(at + 4) !== 0) bytes.writeUInt32LE(name, at);
  }
}

/** A section of functions and of variables that are elsewhere becomes an unnamed union, which is as long. */
function flatten(bytes: Buffer, type: RawType, int: TypeId): void {
  bytes.writeUInt32LE(0, type.at);
  bytes.writeUInt32LE(((KIND_UNION << 24) | type.parts) >>> 0, type.at + 4);
  bytes.writeUInt32LE(16, type.at + 8);
  for (let i = 0; i < type.parts; i++) {
    const at = type.at + HEAD + i * VARIABLE;
    bytes.writeUInt32LE(0, at);
    bytes.writeUInt32LE(int, at + 4);
    bytes.writeUInt32LE(0, at + 8);
  }
}

function isSized(btf: Btf, variable: TypeId): boolean {
  let id = variable;
  for (let depth = 0; depth < 64; depth++) {
    const type = btf.type(id);
    switch (type.kind) {
      case 'var':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'typedef':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return type.kind !== 'void' && type.kind !== 'fwd' && type.kind !== 'func_proto';
    }
  }
  return false;
}

function linkageOf(bytes: Buffer, variable: RawType): number {
  return bytes.readUInt32LE(variable.at + HEAD);
}

function setParts(bytes: Buffer, type: RawType, parts: number): void {
  bytes.writeUInt32LE(((bytes.readUInt32LE(type.at + 4) & 0xffff0000) | parts) >>> 0, type.at + 4);
}
