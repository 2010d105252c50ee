/** Maps that a program defines in its `.maps` section: BTF of struct types says what they are, no bytes do. */
import { PebbleError } from '../../base/errors.ts';
import { type Shape, sizeOf as sizeOfShape } from '../../base/record.ts';
import { type ArrayType, type Btf, type CompositeType, type Member, resolve, type TypeId } from '../btf/index.ts';
import { type MapSpec, type MapType, mapTypeOf } from '../spec/index.ts';
import { type ObjectElf, symbolOf } from './elf.ts';
import { shapeOf, shapeOfSize } from './shape.ts';

const SECTION = '.maps';
const PIN_DIRECTORY = '/sys/fs/bpf';
const POINTER = 8;
/** Smallest page; a kernel with larger ones wants a multiple of that. */
const PAGE = 4096;
/** Maps in maps in maps do not exist. */
const MAX_NESTING = 2;

/** LIBBPF_PIN_BY_NAME. */
const PIN_BY_NAME = 1;

/** A map and where its definition lies, for what refers to it. */
export interface DefinedMap {
  readonly spec: MapSpec;
  readonly section: number;
  readonly offset: number;
  readonly size: number;
  /** Where its `values` begin, from the section's start. */
  readonly valuesAt: number | undefined;
}

export function readMaps(object: ObjectElf, btf: Btf | undefined): DefinedMap[] {
  refuseLegacy(object);
  const section = object.elf.section(SECTION);
  if (section === undefined) return [];
  const datasec = btf?.find(SECTION, 'datasec');
  const type = datasec === undefined ? undefined : btf!.type(datasec);
  if (type?.kind !== 'datasec') object.elf.fail('its maps have no types: compile with -g');
  const maps = type.variables.map((variable) => {
    const name = btf!.nameOf(variable.type);
    const definition = new Definition(btf!, name, variable.type, 0);
    const valuesOffset = definition.valuesOffset;
    return {
      spec: definition.spec(),
      section: section.index,
      offset: variable.offset,
      size: variable.size,
      valuesAt: valuesOffset === undefined ? undefined : variable.offset + valuesOffset,
    };
  });
  return withSlots(object, section.index, maps);
}

/** struct bpf_map_def in a section "maps": what libbpf 1.0 dropped, too. */
function refuseLegacy({ elf }: ObjectElf): void {
  const section = elf.section('maps');
  if (section === undefined || section.size === 0) return;
  throw new PebbleError('unsupported', {
    doing: `reading ${elf.name}`,
    what: 'its maps are defined in section "maps", in the way of libbpf before 1.0',
    hint: 'define them in SEC(".maps") with __uint(type, …), __type(key, …), __type(value, …)',
  });
}

/** The initial entries of `values`: a relocation for each names a map or a program. */
function withSlots(object: ObjectElf, section: number, maps: readonly DefinedMap[]): DefinedMap[] {
  const slots = new Map<DefinedMap, [number, string][]>();
  for (const relocation of object.relocations.get(section) ?? []) {
    const owner = maps.find(({ offset, size }) => relocation.offset >= offset && relocation.offset < offset + size);
    if (owner?.valuesAt === undefined || relocation.offset < owner.valuesAt) {
      object.elf.fail(`a relocation at ${relocation.offset} of ${SECTION} is not in the values of a map`);
    }
    const index = (relocation.offset - owner.valuesAt) / POINTER;
    const { name } = symbolOf(object, relocation, SECTION);
    slots.set(owner, [...(slots.get(owner) ?? []), [index, name]]);
  }
  return maps.map((map) => (slots.has(map) ? { ...map, spec: { ...map.spec, slots: slots.get(map)! } } : map));
}

/** One struct that defines a map; each member says one thing about it. */
class Definition {
  readonly #btf: Btf;
  readonly #name: string;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #nesting: number;

  constructor(btf: Btf, name: string, type: TypeId, nesting: number) {
    this.#btf = btf;
    this.#name = name;
    this.#nesting = nesting;
    const definition = variableType(btf, type);
    if (definition === undefined) this.#fail('its definition is not a struct');
    this.#members = new Map(definition.members.map((member) => [member.name, member]));
    for (const member of this.#members.keys()) {
      if (!MEMBERS.has(member)) this.#fail(`its definition has a member "${member}", which means nothing here`);
    }
  }

  get valuesOffset(): number | undefined {
    const member = this.#members.get('values');
    return member && member.offsetBits / 8;
  }

  spec(): MapSpec {
    const type = this.#type();
    const key = this.#part('key');
    const value = this.#part('value');
    const flags = this.#number('map_flags') ?? 0;
    const extra = this.#number('map_extra');
    const numaNode = this.#number('numa_node');
    const inner = this.#inner(type);
    return {
      name: this.#name,
      type,
      ...(key.shape && { key: key.shape }),
      ...(value.shape && { value: value.shape }),
      maxEntries: entriesOf(type, this.#number('max_entries') ?? 0),
      ...(flags !== 0 && { flags: { raw: flags } }),
      ...((key.type !== 0 || value.type !== 0) && { types: { key: key.type, value: value.type } }),
      ...(extra !== undefined && { extra: BigInt(extra) }),
      ...(numaNode !== undefined && { numaNode }),
      ...(inner && { inner }),
      ...(this.#number('pinning') === PIN_BY_NAME && { pin: `${PIN_DIRECTORY}/${this.#name}` }),
    };
  }

  #type(): MapType {
    const number = this.#number('type') ?? this.#fail('its definition has no type');
    return mapTypeOf(number) ?? this.#fail(`maps of type ${number} are not supported`);
  }

  /** `__type(key, T)` points to T; `__uint(key_size, N)` is all there is for bytes. */
  #part(which: 'key' | 'value'): { readonly type: TypeId; readonly shape?: Shape } {
    const member = this.#members.get(which);
    const size = this.#number(`${which}_size`);
    if (member === undefined) return { type: 0, ...(size !== undefined && { shape: shapeOfSize(size) }) };
    const pointer = resolve(this.#btf, member.type);
    if (pointer.kind !== 'ptr') return this.#fail(`its ${which} is not given by __type(${which}, …)`);
    this.#checkDefined(which, pointer.type);
    const shape = shapeOf(this.#btf, pointer.type);
    if (size !== undefined && size !== sizeOfShape(shape)) {
      this.#fail(`its ${which} has ${sizeOfShape(shape)} bytes by type, and ${size} by ${which}_size`);
    }
    return { type: pointer.type, shape };
  }

  #checkDefined(which: string, id: TypeId): void {
    const { kind, name } = resolve(this.#btf, id) as { kind: string; name?: string };
    if (kind !== 'fwd') return;
    this.#fail(
      `its ${which} is a struct ${name}, of which the compiler told the name alone`,
      `older ones leave out what is used nowhere else: declare a variable of it, as struct ${name} unused;`,
    );
  }

  /** What all maps in it look like: `__array(values, struct { … })`. */
  #inner(type: MapType): MapSpec | undefined {
    const member = this.#members.get('values');
    if (member === undefined) return undefined;
    if (type !== 'array_of_maps' && type !== 'hash_of_maps' && type !== 'prog_array') {
      return this.#fail(`its type is ${type}, which has no values to begin with`);
    }
    const array = resolve(this.#btf, member.type);
    const pointer = array.kind === 'array' ? resolve(this.#btf, (array as ArrayType).type) : undefined;
    if (pointer?.kind !== 'ptr') return this.#fail('its values are not an array of pointers');
    if (type === 'prog_array') return undefined;
    if (this.#nesting >= MAX_NESTING) return this.#fail('it nests maps too deep');
    return new Definition(this.#btf, `${this.#name}.inner`.slice(-15), pointer.type, this.#nesting + 1).spec();
  }

  /** `__uint(name, N)` is a pointer to an array of N; `__ulong(name, N)` an enum with one value. */
  #number(name: string): number | undefined {
    const member = this.#members.get(name);
    if (member === undefined) return undefined;
    const type = resolve(this.#btf, member.type);
    if ((type.kind === 'enum' || type.kind === 'enum64') && type.values.length === 1)
      return Number(type.values[0]!.value);
    const array = type.kind === 'ptr' ? resolve(this.#btf, type.type) : undefined;
    return array?.kind === 'array' ? array.count : this.#fail(`its ${name} is not given by __uint(${name}, …)`);
  }

  #fail(what: string, hint?: string): never {
    const doing = `reading map "${this.#name}" of ${this.#btf.name}`;
    throw new PebbleError('format', { doing, what, ...(hint !== undefined && { hint }) });
  }
}

const MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'max_entries',
  'map_flags',
  'map_extra',
  'numa_node',
  'key',
  'key_size',
  'value',
  'value_size',
  'values',
  'pinning',
]);

function variableType(btf: Btf, id: TypeId): CompositeType | undefined {
  const variable = btf.type(id);
  const type = resolve(btf, variable.kind === 'var' ? variable.type : id);
  return type.kind === 'struct' ? type : undefined;
}

/** The kernel wants ring buffers to be a power of two of pages. */
function entriesOf(type: MapType, entries: number): number {
  if ((type !== 'ringbuf' && type !== 'user_ringbuf') || entries === 0) return entries;
  let size = PAGE;
  while (size < entries) size *= 2;
  return size;
}
