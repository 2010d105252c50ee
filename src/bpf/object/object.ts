/** An object compiled by clang: what is in it, and the collection that it becomes in a given kernel. */
import { textAt } from '../../base/bytes.ts';
import { PebbleError } from '../../base/errors.ts';
import { type BtfExt, parseBtfExt } from '../btf/ext.ts';
import type { Btf } from '../btf/index.ts';
import { Relocator } from '../core/index.ts';
import { Elf } from '../elf/index.ts';
import type { CollectionSpec, MapSpec, ProgramSpec } from '../spec/index.ts';
import {
  ARENA_SECTION,
  type DataSection,
  listVariables,
  readData,
  readVariable,
  type Variable,
  writeVariable,
} from './data.ts';
import { type ObjectElf, readObjectElf } from './elf.ts';
import { Functions, type ObjectFunction } from './functions.ts';
import { readSectionName, type SectionMeaning } from './hooks.ts';
import { kconfigMap } from './kconfig.ts';
import type { ObjectKernel } from './kernel.ts';
import { callExtern, type KernelExtern, loadExtern } from './ksyms.ts';
import { Linker, type Symbols } from './link.ts';
import { type LocalTypes, readLocalTypes } from './local-types.ts';
import { type DefinedMap, readMaps } from './maps.ts';
import { completeTypes, KCONFIG, KSYMS, type ObjectTypes } from './types.ts';

const TEXT = '.text';

/** A function that the kernel enters, as its section says. */
export interface ObjectProgram extends SectionMeaning {
  readonly name: string;
  readonly section: string;
}

export interface SpecOptions {
  /** Which programs to load; all but the optional ones (`SEC("?…")`) when absent. */
  readonly programs?: (program: ObjectProgram) => boolean;
  /** Hooks of tp_btf, fentry, fexit, lsm and iter programs by program name, where the section does not say or says another. */
  readonly targets?: Readonly<Record<string, string>>;
}

export class BpfObject {
  /** For messages: the path. */
  readonly name: string;
  readonly license: string;
  /** Types with all variables in place; undefined for objects compiled without -g. */
  readonly btf: Btf | undefined;
  readonly programs: readonly ObjectProgram[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly #elf: ObjectElf;
  readonly #types: ObjectTypes | undefined;
  readonly #functions: Functions;
  readonly #maps: readonly DefinedMap[];
  readonly #data: ReadonlyMap<number, DataSection>;
  readonly #entries: ReadonlyMap<string, ObjectFunction>;
  #localTypes: { readonly read: LocalTypes | undefined } | undefined;

  private constructor(elf: Elf) {
    this.name = elf.name;
    this.#elf = readObjectElf(elf);
    this.#types = readTypes(this.#elf);
    this.btf = this.#types?.btf;
    this.license = readLicense(elf);
    this.#maps = readMaps(this.#elf, this.btf);
    this.#data = readData(this.#elf, this.btf);
    this.variables = listVariables(this.#data.values(), this.btf);
    this.#functions = new Functions(this.#elf, this.btf, readExt(elf, this.btf));
    const entries = this.#functions.all.filter((fn) => fn.global && fn.section.name !== TEXT);
    this.#entries = new Map(entries.map((fn) => [fn.name, fn]));
    this.programs = entries.map((fn) => programOf(fn));
  }

  static parse(bytes: Buffer, name = 'BPF object'): BpfObject {
    return new BpfObject(Elf.parse(bytes, name));
  }

  /** The maps that it defines; those of its variables are named after their sections. */
  get maps(): readonly MapSpec[] {
    return this.#maps.map(({ spec }) => (spec.type === 'arena' ? this.#withVariables(spec) : spec));
  }

  /** An arena begins with the variables that are in it. */
  #withVariables(arena: MapSpec): MapSpec {
    const section = this.#arenaSection();
    if (section === undefined) return arena;
    return {
      ...arena,
      initial: section.contents,
      ...(section.type !== undefined && { types: { key: 0, value: section.type } }),
    };
  }

  #arenaSection(): DataSection | undefined {
    return [...this.#data.values()].find(({ name }) => name === ARENA_SECTION);
  }

  #arena(): string {
    const arena = this.#maps.find(({ spec }) => spec.type === 'arena')?.spec.name;
    return arena ?? this.#elf.elf.fail('it has variables in an arena (__arena), and defines no map of that type');
  }

  /** Types of its local variables, which the BTF lacks; read from the debug information when asked for. */
  localTypes(): LocalTypes | undefined {
    this.#localTypes ??= { read: readLocalTypes(this.#elf.elf) };
    return this.#localTypes.read;
  }

  /** First value of a global variable. */
  get(variable: string): unknown {
    const found = this.#variable(variable);
    return readVariable(this.btf!, found);
  }

  /** Changes what a global variable begins with; also `const volatile` ones, which programs cannot write. */
  set(variable: string, value: unknown): this {
    writeVariable(this.btf!, this.#variable(variable), value);
    return this;
  }

  /** The collection for this kernel, without links: which there are depends on the host. */
  spec(kernel: ObjectKernel, options: SpecOptions = {}): CollectionSpec {
    const chosen = this.programs.filter(options.programs ?? ((program) => !program.optional));
    const weak = this.#weakExterns();
    const kconfig = this.btf && kconfigMap(this.btf, kernel, (name) => weak.has(name));
    const used = new Set<string>();
    let relocator: Relocator | undefined;
    const linker = new Linker(this.#elf, this.#functions, this.#symbols(kernel, used, weak), () => {
      relocator ??= new Relocator(this.btf!, kernel.types());
      return relocator;
    });
    const programs = chosen.map((program) => this.#program(program, linker, options.targets?.[program.name]));
    const data = [...this.#data.values()].filter(
      ({ name, type }) => name !== ARENA_SECTION && (type !== undefined || used.has(name)),
    );
    return {
      maps: [...this.maps, ...data.map((section) => section.map(this.btf)), ...(kconfig ? [kconfig] : [])],
      programs,
      links: [],
      ...(this.#types && { btf: this.#types.forKernel }),
    };
  }

  /** Why no kernel can be asked to load the program; undefined when one can. */
  refusal(program: ObjectProgram, target = targetOf(program)): PebbleError | undefined {
    const { name, section, hook, programKind } = program;
    const doing = `loading program "${name}" of ${this.name}`;
    if (programKind === undefined) {
      return new PebbleError('unsupported', {
        doing,
        what: hook.kind === 'none' ? hook.reason : 'its kind is unknown',
      });
    }
    if (target !== undefined || !NEEDS_TARGET.includes(programKind)) return undefined;
    return new PebbleError('unsupported', {
      doing,
      what: `its section "${section}" does not say which hook it is for`,
      hint: `write SEC("${section}/NAME"), or give it in \`targets\``,
    });
  }

  #program(program: ObjectProgram, linker: Linker, target: string | undefined): ProgramSpec {
    const { name, programKind, sleepable, attachType, flags } = program;
    const refusal = this.refusal(program, target);
    if (refusal) throw refusal;
    const attachTo = target ?? targetOf(program);
    return {
      name,
      kind: programKind!,
      functions: this.#reachable(this.#entries.get(name)!, linker),
      license: this.license,
      ...(attachTo !== undefined && { attachTo }),
      ...(sleepable && { sleepable }),
      ...(attachType !== undefined && { attachType }),
      ...(flags !== undefined && { flags }),
    };
  }

  /** The entry and all that it calls, directly or not, each once. */
  #reachable(entry: ObjectFunction, linker: Linker): ProgramSpec['functions'] {
    const order = [entry, ...this.#exceptionCallbacks(entry)];
    const seen = new Set(order);
    const functions: ProgramSpec['functions'][number][] = [];
    for (let i = 0; i < order.length; i++) {
      const fn = order[i]!;
      const { insns, needs } = linker.link(fn);
      for (const needed of needs) {
        if (!seen.has(needed)) order.push(needed);
        seen.add(needed);
      }
      functions.push({
        name: fn.name,
        parameters: this.#parameters(fn),
        insns,
        ...(fn.type !== undefined && { type: fn.type }),
      });
    }
    return functions;
  }

  /** Which function takes what the program throws, a tag says (kernel/bpf/verifier.c: bpf_find_exception_callback_insn_off). */
  #exceptionCallbacks({ type }: ObjectFunction): ObjectFunction[] {
    if (type === undefined) return [];
    const names = this.btf!.ids('decl_tag').flatMap((id) => {
      const tag = this.btf!.type(id);
      const is = tag.kind === 'decl_tag' && tag.type === type && tag.name.startsWith(EXCEPTION_CALLBACK);
      return is ? [tag.name.slice(EXCEPTION_CALLBACK.length)] : [];
    });
    return this.#functions.all.filter(({ name }) => names.includes(name));
  }

  #parameters(fn: ObjectFunction): number {
    const type = fn.type === undefined ? undefined : this.btf!.type(fn.type);
    const proto = type?.kind === 'func' ? this.btf!.type(type.type) : undefined;
    return proto?.kind === 'func_proto' ? Math.min(proto.params.length, MAX_PARAMETERS) : MAX_PARAMETERS;
  }

  #symbols(kernel: ObjectKernel, used: Set<string>, weak: ReadonlySet<string>): Symbols {
    const externs = this.#externs(KSYMS, weak);
    const extern = (name: string): KernelExtern =>
      externs.get(name) ?? this.#elf.elf.fail(`${name} is declared nowhere (extern … __ksym or __kconfig)`);
    return {
      mapAt: (section, offset) => this.#maps.find((map) => map.section === section && map.offset === offset)?.spec.name,
      dataMap: (section) => {
        const name = this.#data.get(section)?.name;
        if (name === ARENA_SECTION) return this.#arena();
        if (name !== undefined) used.add(name);
        return name;
      },
      kconfigOffset: (name) => {
        const variable = this.#externVariable(KCONFIG, name);
        return variable && { map: KCONFIG, offset: variable.offset };
      },
      loadExtern: (insn, name) => loadExtern(insn, extern(name), this.btf!, kernel),
      callExtern: (insn, name) => callExtern(insn, extern(name), this.btf!, kernel),
    };
  }

  #externs(section: string, weak: ReadonlySet<string>): ReadonlyMap<string, KernelExtern> {
    return new Map(
      this.#sectionVariables(section).map(({ type }) => {
        const name = this.btf!.nameOf(type);
        return [name, { name, type, optional: weak.has(name) }];
      }),
    );
  }

  #externVariable(section: string, name: string) {
    return this.#sectionVariables(section).find(({ type }) => this.btf!.nameOf(type) === name);
  }

  #sectionVariables(section: string) {
    const id = this.btf?.find(section, 'datasec');
    const type = id === undefined ? undefined : this.btf!.type(id);
    return type?.kind === 'datasec' ? type.variables : [];
  }

  #weakExterns(): ReadonlySet<string> {
    return new Set(
      this.#elf.symbols.filter(({ section, binding }) => section === 0 && binding === 'weak').map(({ name }) => name),
    );
  }

  #variable(name: string): Variable {
    const found = this.variables.get(name);
    if (found) return found;
    throw new PebbleError('semantic', {
      doing: `looking for variable "${name}" of ${this.name}`,
      what: this.btf ? 'the object has no such global variable' : 'the object has no types: compile with -g',
      ...(this.variables.size > 0 && { hint: `it has ${[...this.variables.keys()].slice(0, MOST_NAMED).join(', ')}` }),
    });
  }
}

const EXCEPTION_CALLBACK = 'exception_callback:';
const MAX_PARAMETERS = 5;
/** Names in a hint. */
const MOST_NAMED = 20;
const NEEDS_TARGET: readonly string[] = ['tp_btf', 'fentry', 'fexit', 'fmod_ret', 'lsm', 'lsm_cgroup', 'iter'];

function readTypes(object: ObjectElf): ObjectTypes | undefined {
  const section = object.elf.section('.BTF');
  return section && completeTypes(object.elf.read(section), object);
}

function readExt(elf: Elf, btf: Btf | undefined): BtfExt | undefined {
  const section = elf.section('.BTF.ext');
  return section && btf ? parseBtfExt(elf.read(section), btf) : undefined;
}

function readLicense(elf: Elf): string {
  const section = elf.section('license');
  return section ? textAt(elf.read(section), 0) : '';
}

function targetOf({ hook }: ObjectProgram): string | undefined {
  return 'target' in hook ? hook.target : undefined;
}

function programOf(fn: ObjectFunction): ObjectProgram {
  const section = fn.section.name;
  return { name: fn.name, section, ...readSectionName(section) };
}
