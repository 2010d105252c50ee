/** Opens the debug information of a program: its own, that of a separate file, and what was split off. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { Elf, openDebugFile, SECTION_TYPE } from '../elf/index.ts';
import { isSkeleton } from './compile-unit.ts';
import { AT, UNIT } from './constants.ts';
import { Dwarf } from './dwarf.ts';
import { DebugFile } from './file.ts';
import { packagedSections } from './package.ts';
import { ElfSections } from './sections.ts';
import type { Unit } from './unit.ts';

export interface DwarfPlaces {
  /** The file system that the program sees (/proc/PID/root), where that is not ours. */
  readonly root?: string;
  /** Also look for separate files here: full paths, or paths from the program's folder. */
  readonly directories?: readonly string[];
}

/** undefined when there is none; the files stay open until it is closed. */
export function openDwarf(path: string, places: DwarfPlaces = {}): Dwarf | undefined {
  const elf = Elf.open(path);
  let debug: Elf | undefined = elf;
  if (!hasDebugInfo(elf)) {
    try {
      debug = openDebugFile(elf, path, places.root, places.directories);
    } finally {
      elf.close();
    }
  }
  if (debug === undefined) return undefined;
  if (!hasDebugInfo(debug)) {
    debug.close();
    return undefined;
  }
  const split = new SplitFiles(path, debug);
  return new Dwarf(
    new DebugFile(new ElfSections(debug)),
    (skeleton) => split.open(skeleton),
    () => split.close(),
  );
}

function hasDebugInfo(elf: Elf): boolean {
  const section = elf.section('.debug_info');
  return section !== undefined && section.type !== SECTION_TYPE.nobits && section.size > 0;
}

/** The files of -gsplit-dwarf: a package beside the program, or one for each unit where the compiler wrote it. */
class SplitFiles {
  readonly #path: string;
  readonly #open: Elf[];
  #package: ElfSections | null | undefined;

  constructor(path: string, elf: Elf) {
    this.#path = path;
    this.#open = [elf];
  }

  open(skeleton: Unit): Unit | undefined {
    const id = idOf(skeleton);
    if (id === undefined) return undefined;
    return this.#fromPackage(skeleton, id) ?? this.#fromFile(skeleton, id);
  }

  close(): void {
    for (const elf of this.#open.splice(0)) elf.close();
  }

  #fromPackage(skeleton: Unit, id: bigint): Unit | undefined {
    if (this.#package === undefined) {
      const { dir, name } = parse(this.#path);
      const elf = this.#firstElf([`${this.#path}.dwp`, join(dir, `${name}.dwp`)]);
      this.#package = elf ? new ElfSections(elf, '.dwo') : null;
    }
    const sections = this.#package && packagedSections(this.#package, id);
    return sections ? unitWithId(new DebugFile(sections, skeleton), id) : undefined;
  }

  #fromFile(skeleton: Unit, id: bigint): Unit | undefined {
    const { root } = skeleton;
    const name = root.text(AT.splitName) ?? root.text(AT.gnuSplitName);
    if (name === undefined) return undefined;
    const folder = dirname(this.#path);
    const candidates = [resolve(root.text(AT.directory) ?? '', name), join(folder, name), join(folder, basename(name))];
    const elf = this.#firstElf(candidates);
    return elf && unitWithId(new DebugFile(new ElfSections(elf, '.dwo'), skeleton), id);
  }

  #firstElf(paths: readonly string[]): Elf | undefined {
    const path = paths.find((candidate) => existsSync(candidate));
    if (path === undefined) return undefined;
    const elf = Elf.open(path);
    this.#open.push(elf);
    return elf;
  }
}

/** undefined for units that are whole. */
function idOf(unit: Unit): bigint | undefined {
  return isSkeleton(unit) ? (unit.header.id ?? unit.root.constant(AT.gnuSplitId)) : undefined;
}

function unitWithId(file: DebugFile, id: bigint): Unit | undefined {
  return file.units.find(({ header, root }) => {
    if (header.version >= 5) return header.type === UNIT.splitCompile && header.id === id;
    return root.constant(AT.gnuSplitId) === id;
  });
}
