/** Brings in what a script imports and includes: other scripts, C headers, and the macros of the standard library that it calls. */
import type { Diagnostics, Source, Span } from '../diagnostics/index.ts';
import {
  type CDefinition,
  type CSource,
  type Import,
  type Macro,
  type Node,
  type Program,
  parse,
  readDefinitions,
  walk,
} from '../syntax/index.ts';
import { bringsKernelMacros, isKernelHeader, kernelMacros, knownHeader } from './known-headers.ts';

/** The files that imports and includes can name; the only way a file's text comes into the compiler. */
export interface ImportHost {
  read(path: string): string | undefined;
  /** Names in a directory; undefined if the path is none. */
  list(path: string): readonly string[] | undefined;
  /** Anyone may write to it: not to be trusted. */
  isWorldWritable(path: string): boolean;
}

export interface ImportOptions {
  readonly host?: ImportHost;
  /** Directories for imports after the script's own, and for `#include`. */
  readonly importPaths?: readonly string[];
  readonly includePaths?: readonly string[];
  /** Headers to read before the script's definitions (--include). */
  readonly headers?: readonly string[];
  readonly defines?: Readonly<Record<string, string>>;
  /** Brings in what the traced program adds, once the imported scripts are there and before the library is looked into. */
  readonly extend?: (program: Program) => Program;
  /** Which text of the standard library defines a macro. */
  readonly standard?: ReadonlyMap<string, Source>;
}

/** Imported probes come before the script's own. */
export function resolveImports(program: Program, diagnostics: Diagnostics, options: ImportOptions = {}): Program {
  const importer = new Importer(diagnostics, options);
  const { extend = (merged) => merged } = options;
  const merged = extend(importer.importAll(program));
  const withStandard = importStandard(merged, options.standard ?? new Map(), diagnostics);
  return importer.withDefinitions(withStandard);
}

class Importer {
  readonly #diagnostics: Diagnostics;
  readonly #options: ImportOptions;
  readonly #host: ImportHost;
  readonly #done = new Set<string>();
  /** Headers that an import named. */
  readonly #headers: Source[] = [];
  #wantsKernelMacros = false;

  constructor(diagnostics: Diagnostics, options: ImportOptions) {
    this.#diagnostics = diagnostics;
    this.#options = options;
    this.#host = options.host ?? { read: () => undefined, list: () => undefined, isWorldWritable: () => false };
  }

  importAll(program: Program): Program {
    const merged = this.#withImports(program);
    this.#checkInnerImports(merged);
    return merged;
  }

  #withImports(program: Program): Program {
    let merged = program;
    for (const one of program.imports) {
      for (const other of this.#import(one, program.span.source)) merged = mergePrograms(merged, other);
    }
    return merged;
  }

  // Scripts

  #import(node: Import, from: Source): Program[] {
    if (this.#done.has(node.path)) return [];
    this.#done.add(node.path);
    if (node.path === 'stdlib' || node.path.startsWith('stdlib/')) return [];
    const path = this.#find(node, from);
    return path === undefined ? [] : this.#importPath(node, path);
  }

  #find(node: Import, from: Source): string | undefined {
    const candidates = [directoryOf(from.name), ...(this.#options.importPaths ?? [])].map((one) =>
      join(one, node.path),
    );
    for (const path of candidates) {
      if (this.#host.list(path) === undefined && this.#host.read(path) === undefined) continue;
      if (!this.#isWritable(path)) return path;
      this.#diagnostics.warning(node.span, `skipping due to global write permissions: "${path}"`);
    }
    this.#diagnostics.error(node.span, 'Unable to find suitable path for import', {
      hints: [`checked: ${candidates.join(',')}`],
    });
    return undefined;
  }

  #isWritable(path: string): boolean {
    return this.#host.isWorldWritable(path) || this.#host.isWorldWritable(directoryOf(path) || '.');
  }

  #importPath(node: Import, path: string): Program[] {
    const names = this.#host.list(path);
    if (!names) return this.#importFile(node, path, false);
    // Only the files of the directory itself, in the order of their names.
    return [...names].sort().flatMap((name) => this.#importFile(node, join(path, name), true));
  }

  #importFile(node: Import, path: string, skipUnknown: boolean): Program[] {
    if (path.endsWith('.bt')) return this.#importScript(path, node.span);
    if (path.endsWith('.h')) this.#importHeader(path);
    else if (/\.bpf\.[co]$/.test(path)) this.#refuseObject(node, path);
    else if (!skipUnknown) this.#diagnostics.error(node.span, `unknown import type: "${fileNameOf(path)}"`);
    return [];
  }

  #importScript(path: string, via: Span): Program[] {
    const text = this.#host.read(path);
    if (text === undefined) return [];
    const { program, diagnostics } = parse({ name: path, text, via });
    this.#diagnostics.addAll(diagnostics);
    if (program.config && program.config.entries.length > 0) {
      this.#diagnostics.error(program.config.span, 'invalid `config` within import');
    }
    return [this.#withImports(program)];
  }

  #importHeader(path: string): void {
    const text = this.#host.read(path);
    if (text !== undefined) this.#headers.push({ name: path, text });
  }

  #refuseObject(node: Import, path: string): void {
    this.#diagnostics.error(node.span, `importing compiled or C code is not supported: "${path}"`, {
      hints: ['write it as a function of the script: fn name($x : uint64) : uint64 { … }'],
    });
  }

  /** Inside blocks only headers make sense, and those belong at the top. */
  #checkInnerImports(program: Program): void {
    walk({ ...program, imports: [] }, (node) => {
      if (node.kind !== 'import') return;
      this.#diagnostics.error(node.span, 'imports inside a block are not supported', {
        hints: ['move the import to the top of the script'],
      });
    });
  }

  // C definitions

  withDefinitions(program: Program): Program {
    const { headers = [], defines = {} } = this.#options;
    if (program.cSources.length === 0 && headers.length === 0 && this.#headers.length === 0) return program;
    const given: CSource[] = headers.map((path) => includeLine(path));
    const { definitions, missing } = readDefinitions([...given, ...program.cSources], this.#diagnostics, {
      read: (path, system, from) => this.#readHeader(path, system, from),
      defines,
      headers: this.#headers,
    });
    for (const { span, path, system } of missing) {
      // The kernel's headers are not needed: its types come from BTF.
      if (system && isKernelHeader(path)) continue;
      this.#diagnostics.error(span, `'${path}' file not found`);
    }
    return { ...program, definitions: [...this.#missingMacros(definitions), ...definitions] };
  }

  /** Whichever of the kernel's headers are there. */
  #missingMacros(definitions: readonly CDefinition[]): readonly CDefinition[] {
    if (!this.#wantsKernelMacros) return [];
    const known = new Set(definitions.map((one) => ('name' in one ? one.name : undefined)));
    const source = kernelMacros();
    const span = { source, start: 0, end: source.text.length };
    const text: CSource = { kind: 'c-source', span, text: source.text };
    const others = readDefinitions([text], this.#diagnostics).definitions;
    return others.filter((one) => 'name' in one && !known.has(one.name));
  }

  #readHeader(path: string, system: boolean, from: Source): Source | undefined {
    const { includePaths = [] } = this.#options;
    this.#wantsKernelMacros ||= system && bringsKernelMacros(path);
    const directories = system ? includePaths : [directoryOf(from.name), ...includePaths];
    for (const directory of directories) {
      const name = join(directory, path);
      const text = this.#host.read(name);
      if (text !== undefined) return { name, text };
    }
    return system ? knownHeader(path) : undefined;
  }
}

function includeLine(path: string): CSource {
  const text = `#include "${path}"`;
  const source = { name: '<command line>', text };
  return { kind: 'c-source', span: { source, start: 0, end: text.length }, text };
}

/** `brought` before what `program` has. */
function mergePrograms(program: Program, brought: Program): Program {
  return {
    ...program,
    cSources: [...brought.cSources, ...program.cSources],
    definitions: [...brought.definitions, ...program.definitions],
    maps: [...program.maps, ...brought.maps],
    macros: [...program.macros, ...brought.macros],
    functions: [...program.functions, ...brought.functions],
    probes: [...brought.probes, ...program.probes],
  };
}

// The standard library

/** Adds the library's macros that are called, and those that these call. */
function importStandard(program: Program, standard: ReadonlyMap<string, Source>, diagnostics: Diagnostics): Program {
  if (standard.size === 0) return program;
  const found = new Map<string, Macro[]>();
  const library = new StandardLibrary(diagnostics);
  const visit = (node: Node): void => {
    if (node.kind !== 'identifier' && node.kind !== 'call') return;
    const source = standard.get(node.name);
    if (!source || found.has(node.name)) return;
    const macros = library.macros(source).filter(({ name }) => name === node.name);
    found.set(node.name, macros);
    for (const macro of macros) walk(macro.body, visit);
  };
  walk({ ...program, definitions: [] }, visit);
  return found.size === 0 ? program : { ...program, macros: [...program.macros, ...[...found.values()].flat()] };
}

/** Parses each text once. */
class StandardLibrary {
  readonly #diagnostics: Diagnostics;
  readonly #macros = new Map<Source, readonly Macro[]>();

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  macros(source: Source): readonly Macro[] {
    const known = this.#macros.get(source);
    if (known) return known;
    const { program, diagnostics } = parse(source);
    this.#diagnostics.addAll(diagnostics);
    const macros = program.macros.map((macro) => ({ ...macro, standard: true }));
    this.#macros.set(source, macros);
    return macros;
  }
}

// Paths

function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash) || '/';
}

function join(directory: string, path: string): string {
  return directory === '' || path.startsWith('/') ? path : `${directory.replace(/\/$/, '')}/${path}`;
}
