/** Structs that only local variables of an object have: clang leaves them out of the BTF, not out of the debug information. */
import { Btf, BtfBuilder, type Member, type TypeId } from '../btf/index.ts';
import { ENCODING, TAG } from '../dwarf/constants.ts';
import type { Entry } from '../dwarf/entry.ts';
import { DebugFile } from '../dwarf/file.ts';
import { typeEntry } from '../dwarf/functions.ts';
import { type DwarfType, isSigned, peel, type StructType } from '../dwarf/index.ts';
import { ElfSections } from '../dwarf/sections.ts';
import { TypeReader } from '../dwarf/types.ts';
import type { Elf } from '../elf/index.ts';

const VARIABLE = 0x34;
const SCOPES: readonly number[] = [TAG.subprogram, TAG.lexicalBlock, TAG.inlined];
/** Of structs in structs and of blocks in blocks: real ones are shallow, damaged ones go in circles. */
const MAX_DEPTH = 32;
/** Real objects have some hundreds. */
const MAX_STRUCTS = 10_000;

export interface LocalTypes {
  readonly btf: Btf;
  /** Structs that a local variable is, or points to. */
  readonly structs: readonly TypeId[];
}

/** undefined for objects without debug information (llvm-strip -g). */
export function readLocalTypes(elf: Elf): LocalTypes | undefined {
  if (elf.section('.debug_info') === undefined) return undefined;
  const types = new TypeReader(() => undefined);
  const found = new Map<string, StructType>();
  for (const { root } of new DebugFile(new ElfSections(elf)).units) {
    for (const variable of variablesIn(root, 0)) {
      const entry = typeEntry(variable);
      const struct = entry && structOf(types.of(entry));
      if (struct && found.size < MAX_STRUCTS && !found.has(struct.name)) found.set(struct.name, struct);
    }
  }
  const builder = new BtfBuilder();
  const structs = [...found.values()].map((struct) => btfType(builder, struct, 0));
  return { btf: Btf.parse(builder.build(), { name: `debug information of ${elf.name}` }), structs };
}

function* variablesIn(scope: Entry, depth: number): Generator<Entry> {
  if (depth > MAX_DEPTH) return;
  for (const child of scope.children()) {
    if (child.tag === VARIABLE && depth > 0) yield child;
    else if (SCOPES.includes(child.tag)) yield* variablesIn(child, depth + 1);
  }
}

/** What a variable is or points to, when that is a struct with a name and a size. */
function structOf(type: DwarfType): StructType | undefined {
  const bare = peel(type);
  const struct = bare.kind === 'pointer' ? nameless(bare.to) : nameless(type);
  return struct && struct.name !== '' && struct.size > 0 ? struct : undefined;
}

/** A struct that only its typedef names is called after that. */
function nameless(type: DwarfType): StructType | undefined {
  const bare = peel(type);
  if (bare.kind !== 'struct') return undefined;
  const name = bare.name || (type.kind === 'typedef' ? type.name : '');
  return { ...bare, name, size: bare.size, members: () => bare.members() };
}

/** Pointers lead nowhere here: a record is read, not followed. */
function btfType(builder: BtfBuilder, type: DwarfType, depth: number): TypeId {
  const bare = depth > MAX_DEPTH ? ({ kind: 'void' } as const) : peel(type);
  switch (bare.kind) {
    case 'base':
      return baseType(builder, bare);
    case 'enum':
      return builder.enum(bare.name, bare.size, bare.values(), bare.signed);
    case 'array':
      return builder.array(btfType(builder, bare.of, depth + 1), bare.length);
    case 'struct': {
      const members = bare.members().map(({ name, type: of, offsetBits, bitSize }): Member => {
        return { name, type: btfType(builder, of, depth + 1), offsetBits, bitSize };
      });
      return bare.tag === 'union'
        ? builder.union(bare.name, bare.size, members)
        : builder.struct(bare.name, bare.size, members);
    }
    default:
      return builder.ptr(0);
  }
}

function baseType(builder: BtfBuilder, { name, size, encoding }: DwarfType & { readonly kind: 'base' }): TypeId {
  if (encoding === ENCODING.float) return builder.float(name, size);
  return builder.int(name, size, { signed: isSigned(encoding), bool: encoding === ENCODING.boolean });
}
