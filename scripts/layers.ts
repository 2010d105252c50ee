/** Checks who imports whom: the allowed-imports table below, packages, purity, and cycles of value imports; and that the bundle of it all can be made. */
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleText, collect, WHOLE } from '../src/cli/start/bundle.ts';

interface Layer {
  /** Areas that this one may import, besides itself and `base`. An area covers its subfolders unless they have rows. */
  readonly imports: readonly string[];
  /** No system calls: of Node's modules only those in PURE_MODULES. */
  readonly pure?: true;
}

const PURE_BPF = ['bpf/asm', 'bpf/btf', 'bpf/dwarf', 'bpf/elf', 'bpf/spec'];
const BPF = [...PURE_BPF, 'bpf'];
const OBJECTS = ['bpf/object', 'bpf/object/host'];
const COLLECTING = [...BPF, 'lang', 'tracer', 'postgres', 'postgres/discover', 'aggregate', 'collect'];
const RUNNING = [
  ...COLLECTING,
  'store',
  'export',
  'wire',
  'agent',
  'server',
  'api',
  'terminal',
  'toolbox',
  'cluster',
  'workload',
  'postgres/client',
  'postgres/tracing',
];

const LAYERS: Readonly<Record<string, Layer>> = {
  base: { imports: [], pure: true },
  native: { imports: [] },
  'bpf/asm': { imports: ['bpf/spec'], pure: true },
  'bpf/btf': { imports: [], pure: true },
  'bpf/dwarf': { imports: ['bpf/elf'], pure: true },
  'bpf/elf': { imports: [], pure: true },
  'bpf/spec': { imports: ['bpf/asm'], pure: true },
  'bpf/core': { imports: ['bpf/asm', 'bpf/btf'], pure: true },
  'bpf/object': { imports: [...PURE_BPF, 'bpf/core'], pure: true },
  'bpf/object/host': { imports: [...PURE_BPF, 'bpf', 'bpf/sys', 'bpf/object', 'native'] },
  'bpf/sys': { imports: ['native', ...PURE_BPF] },
  'bpf/unwind/cfi': { imports: ['bpf/elf'], pure: true },
  bpf: { imports: [...PURE_BPF, 'bpf/unwind/cfi', 'bpf/sys', 'native'] },
  lang: { imports: PURE_BPF, pure: true },
  tracer: { imports: [...BPF, 'lang'] },
  toolbox: { imports: ['lang', 'tracer', 'terminal', 'postgres', 'postgres/tracing'] },
  postgres: { imports: ['bpf/btf', 'bpf/elf'], pure: true },
  'postgres/discover': { imports: ['postgres', 'bpf/btf', 'bpf/elf'] },
  'postgres/client': { imports: [] },
  'postgres/tracing': { imports: ['postgres', 'postgres/discover', 'bpf', 'lang'] },
  // Of PostgreSQL only what SQL says: numbers of memory and files are named by whoever has both.
  catalog: { imports: ['api'] },
  // api: findings are drawn from rows.
  aggregate: { imports: ['api'], pure: true },
  collect: { imports: [...BPF, 'tracer', 'lang', 'postgres', 'postgres/discover', 'aggregate', 'api'] },
  store: { imports: ['aggregate'] },
  export: { imports: ['aggregate', 'api'] },
  // Rows come from whoever listens: the wire knows names and types.
  wire: { imports: [] },
  terminal: { imports: [] },
  cluster: { imports: [] },
  workload: { imports: ['cluster', 'postgres/client'] },
  // native: a datagram to systemd.
  agent: { imports: [...COLLECTING, 'catalog', 'store', 'export', 'wire', 'api', 'native'] },
  api: { imports: [], pure: true },
  server: { imports: ['agent', 'aggregate', 'api', 'collect', 'lang', 'postgres/tracing', 'store', 'tracer'] },
  dashboard: { imports: ['api'] },
  cli: { imports: [...RUNNING, ...OBJECTS] },
};

/** Packages with a boundary of their own: everything else in node_modules may not be imported by src at all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@clickhouse/client': ['store'],
  koffi: ['native'],
  'libpg-query': ['postgres'],
  pg: ['catalog'],
  'gecko-profiler-demangle': ['bpf'],
  preact: ['dashboard'],
};
const PURE_MODULES = ['node:util', 'node:path', 'node:buffer', 'node:url'];
/** Doors of pure areas to the file system: they fetch the bytes that the rest of their folder understands. */
const DOORS = [
  'base/foreign-file.ts',
  'bpf/btf/open.ts',
  'bpf/dwarf/open.ts',
  'bpf/elf/source.ts',
  'bpf/elf/debuglink.ts',
];

type Import = { readonly specifier: string; readonly kind: 'value' | 'type' | 'lazy' };

/** A source file, named by its path below src/. */
export type Module = { readonly file: string; readonly imports: readonly Import[] };

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm;
const LAZY = /\bimport\('([^']+)'\)/g;

/** Biome puts every import and export at the start of a line, with single quotes. */
export function readImports(source: string): Import[] {
  const imports: Import[] = [];
  for (const [, type, specifier] of source.matchAll(STATIC))
    imports.push({ specifier: specifier!, kind: type ? 'type' : 'value' });
  for (const [, specifier] of source.matchAll(LAZY)) imports.push({ specifier: specifier!, kind: 'lazy' });
  return imports;
}

export function areaOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    if (Object.hasOwn(LAYERS, folder)) return folder;
  }
  return undefined;
}

/** What is wrong with the imports of `modules`, one line a finding. */
export function findViolations(modules: readonly Module[]): string[] {
  const wrong = modules.flatMap((module) => {
    const area = areaOf(module.file);
    if (area === undefined) return [`src/${module.file}: no row of scripts/layers.ts covers this folder`];
    if (isTest(module.file)) return [];
    return module.imports.flatMap(({ specifier }) => judge(module.file, area, specifier) ?? []);
  });
  return [...wrong, ...findCycles(modules)];
}

/** Tests may look anywhere: they build what they test from its parts. */
function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.split('/').includes('testing');
}

function judge(file: string, area: string, specifier: string): string | undefined {
  const layer = LAYERS[area]!;
  if (specifier.startsWith('node:')) {
    if (!layer.pure || PURE_MODULES.includes(specifier) || DOORS.includes(file)) return undefined;
    return `src/${file}: imports ${specifier}, but ${area} does no system calls`;
  }
  if (!specifier.startsWith('.')) {
    if (builtinModules.includes(specifier)) return `src/${file}: write node:${specifier}`;
    const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier)!;
    return PACKAGES[name]?.includes(area) ? undefined : `src/${file}: package ${specifier} is not for ${area}`;
  }
  const target = areaOf(resolveImport(file, specifier));
  if (target === area || target === 'base' || (target && layer.imports.includes(target))) return undefined;
  return `src/${file}: ${area} may not import ${target ?? 'from outside src'} (${specifier})`;
}

const resolveImport = (file: string, specifier: string): string => normalize(join(dirname(file), specifier));

/** Type imports vanish and lazy ones run later: neither can make a module see another half-initialised. */
function findCycles(modules: readonly Module[]): string[] {
  const valuesOf = ({ file, imports }: Module): string[] =>
    imports.filter(({ kind }) => kind === 'value').map(({ specifier }) => resolveImport(file, specifier));
  const graph = new Map(modules.map((module) => [module.file, valuesOf(module)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push(`cycle: ${[...path.slice(at), file].map((name) => `src/${name}`).join(' -> ')}`);
    if (at >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

/** An import or export that the bundle cannot read would have every command run from its sources. */
function findUnbundled(sources: string): string[] {
  try {
    bundleText(sources, collect(sources, WHOLE));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function main(): void {
  const source = fileURLToPath(new URL('../src/', import.meta.url));
  const modules = globSync('**/*.ts', { cwd: source }).map((file) => ({
    file,
    imports: readImports(readFileSync(join(source, file), 'utf8')),
  }));
  const findings = [...findViolations(modules), ...findUnbundled(source)];
  for (const finding of findings) console.error(finding);
  console.log(`layers: ${modules.length} modules, ${findings.length} findings`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

if (import.meta.main) main();
