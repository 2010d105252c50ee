/** Compiles the test programs with clang, loads them, and gives what their maps hold as plain values. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BtfValue } from '../../src/bpf/btf/index.ts';
import type { Collection } from '../../src/bpf/index.ts';
import {
  type BpfObject,
  type LoadedObject,
  loadObject,
  MapReader,
  openObject,
  type SpecOptions,
} from '../../src/bpf/object/host/index.ts';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
export const clang = ['clang-14', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
/** asm/types.h lies where the machine's own compiler looks. */
const MACHINE: Partial<Record<NodeJS.Architecture, readonly [folder: string, define: string]>> = {
  x64: ['x86_64-linux-gnu', '-D__TARGET_ARCH_x86'],
  arm64: ['aarch64-linux-gnu', '-D__TARGET_ARCH_arm64'],
};

/** Why nothing can be compiled here; false when it can. */
export const cannotCompile =
  clang === undefined
    ? 'clang is not installed'
    : existsSync('/usr/include/bpf/bpf_helpers.h')
      ? false
      : 'the headers of libbpf (libbpf-dev) are not installed';

export const cannotTest =
  cannotCompile ||
  (process.getuid?.() !== 0 && 'eBPF needs root') ||
  (!existsSync('/sys/kernel/btf/vmlinux') && 'this kernel has no BTF');

/** Number of getppid(2): what the tests call. */
export const GETPPID = process.arch === 'x64' ? 110 : 173;

let directory: string | undefined;

/** A directory for this test file, gone at its end. */
export function scratch(): string {
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'pebble-objects-'));
    process.on('exit', () => rmSync(made, { recursive: true }));
    directory = made;
  }
  return directory;
}

/** What the headers need to know about this machine. */
export function machineFlags(): string[] {
  const [folder, define] = MACHINE[process.arch]!;
  return ['-idirafter', `/usr/include/${folder}`, define];
}

/** Path of the object that `name.bpf.c` becomes. */
export function compile(name: string, flags: readonly string[] = []): string {
  const out = join(scratch(), `${name}${flags.join('').replace(/\W/g, '_')}.bpf.o`);
  const usual = ['-O2', '-g', '-target', 'bpf', ...machineFlags(), `-I${scratch()}`];
  execFileSync(clang!, [...usual, ...flags, '-Werror', '-c', join(SOURCES, `${name}.bpf.c`), '-o', out], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return out;
}

/** Path of the program that `name.c` becomes: something to put probes on. */
export function compileNative(name: string): string {
  const out = join(scratch(), name);
  // As distributions compile: functions begin with endbr64.
  const marks = process.arch === 'x64' ? ['-fcf-protection=full'] : [];
  execFileSync('gcc', ['-O1', '-g', ...marks, '-o', out, join(SOURCES, `${name}.c`)], { stdio: 'inherit' });
  return out;
}

/** The kernel's own types as C, for programs that include vmlinux.h; false where bpftool is missing. */
export function writeVmlinuxHeader(): boolean {
  const { status, stdout } = spawnSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'c'], {
    maxBuffer: 64 << 20,
  });
  if (status === 0) writeFileSync(join(scratch(), 'vmlinux.h'), stdout);
  return status === 0;
}

export interface Loaded extends LoadedObject {
  /** All entries of a map by key, keys as JSON text. */
  entries(map: string): Record<string, BtfValue>;
  /** A global variable as it is now. */
  variable(name: string): BtfValue;
  /** Runs a program once: what it returned. */
  call(program: string, context?: Uint8Array): number;
  [Symbol.dispose](): void;
}

interface LoadOptions extends SpecOptions {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
}

export async function load(which: string | BpfObject, options: LoadOptions = {}): Promise<Loaded> {
  const object = typeof which === 'string' ? openObject(compile(which, options.flags)) : which;
  for (const [name, value] of Object.entries(options.set ?? {})) object.set(name, value);
  const loaded = await loadObject(object, options);
  const { collection } = loaded;
  return {
    ...loaded,
    entries: (map) => entriesOf(collection, object, map),
    variable: (name) => {
      const { section } = object.variables.get(name) ?? { section: { name: '.kconfig' } };
      return (entriesOf(collection, object, section.name)[0] as Record<string, BtfValue>)[name]!;
    },
    call: (program, context) => collection.program(program).testRun(context ? { context } : {}).returned,
    [Symbol.dispose]: () => collection.close(),
  };
}

function entriesOf(collection: Collection, object: BpfObject, map: string): Record<string, BtfValue> {
  const spec = collection.spec.maps.find(({ name }) => name === map)!;
  const reader = new MapReader(collection, object.btf);
  return Object.fromEntries(
    [...reader.entries(spec)].map(({ key, value }) => [
      typeof key === 'object' ? JSON.stringify(key) : String(key),
      value,
    ]),
  );
}

/** System calls of this process that the programs count. */
export function callGetppid(times: number): void {
  for (let i = 0; i < times; i++) void process.ppid;
}
