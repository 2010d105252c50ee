/** Global variables: each section of them is an array map with one value. */
import { PebbleError } from '../../base/errors.ts';
import { decoder, type Shape, sizeOf, write } from '../../base/record.ts';
import type { Btf, TypeId } from '../btf/index.ts';
import { SECTION_FLAG, SECTION_TYPE, type Section } from '../elf/index.ts';
import type { MapSpec } from '../spec/index.ts';
import { isData, type ObjectElf } from './elf.ts';
import { LARGEST, shapeOf } from './shape.ts';

/** Variables that this process reads and writes through the map; programs cannot write the read-only ones. */
export class DataSection {
  readonly section: Section;
  readonly contents: Buffer;
  /** Its `datasec`; undefined where the compiler left no types. */
  readonly type: TypeId | undefined;

  constructor(section: Section, contents: Buffer, type: TypeId | undefined) {
    this.section = section;
    this.contents = contents;
    this.type = type;
  }

  get name(): string {
    return this.section.name;
  }

  get readOnly(): boolean {
    return this.name.startsWith('.rodata') || (this.section.flags & SECTION_FLAG.write) === 0;
  }

  map(btf: Btf | undefined): MapSpec {
    const value: Shape =
      btf && this.type !== undefined ? shapeOf(btf, this.type) : { kind: 'bytes', size: this.contents.length };
    return {
      name: this.name,
      type: 'array',
      value: sizeOf(value) === this.contents.length ? value : { kind: 'bytes', size: this.contents.length },
      maxEntries: 1,
      flags: { mmapable: true, ...(this.readOnly && { readOnlyForPrograms: true }) },
      initial: this.contents,
      ...(this.type !== undefined && { types: { key: 0, value: this.type } }),
    };
  }
}

/** Where clang puts variables that are in an arena (`__arena`, address space 1). */
export const ARENA_SECTION = '.addr_space.1';

export function readData({ elf }: ObjectElf, btf: Btf | undefined): ReadonlyMap<number, DataSection> {
  const sections = new Map<number, DataSection>();
  let total = 0;
  for (const section of elf.sections.filter(isData)) {
    total += section.size;
    if (total > LARGEST) elf.fail(`${section.name} has ${section.size} bytes`);
    const contents = section.type === SECTION_TYPE.nobits ? Buffer.alloc(section.size) : Buffer.from(elf.read(section));
    sections.set(section.index, new DataSection(section, contents, btf?.find(section.name, 'datasec')));
  }
  return sections;
}

/** A global or static variable, by name. */
export interface Variable {
  readonly name: string;
  readonly section: DataSection;
  readonly offset: number;
  readonly type: TypeId;
}

export function listVariables(sections: Iterable<DataSection>, btf: Btf | undefined): ReadonlyMap<string, Variable> {
  const found = new Map<string, Variable>();
  for (const section of sections) {
    const type = btf && section.type !== undefined ? btf.type(section.type) : undefined;
    if (type?.kind !== 'datasec') continue;
    for (const { type: id, offset } of type.variables) {
      const name = btf!.nameOf(id);
      if (!found.has(name)) found.set(name, { name, section, offset, type: id });
    }
  }
  return found;
}

export function readVariable(btf: Btf, variable: Variable): unknown {
  const shape = placedShape(btf, variable);
  return decoder(shape)(viewOf(variable.section.contents), variable.offset);
}

export function writeVariable(btf: Btf, variable: Variable, value: unknown): void {
  const shape = placedShape(btf, variable);
  const { contents } = variable.section;
  contents.fill(0, variable.offset, variable.offset + sizeOf(shape));
  write(shape, viewOf(contents), variable.offset, value as never);
}

function placedShape(btf: Btf, { name, section, offset, type }: Variable): Shape {
  const shape = shapeOf(btf, type);
  if (offset + sizeOf(shape) <= section.contents.length) return shape;
  throw new PebbleError('format', {
    doing: `reading ${btf.name}`,
    what: `variable ${name} ends beyond ${section.name}`,
  });
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
