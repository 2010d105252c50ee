/** Reads the BTF of the running kernel and of its modules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { Btf } from './btf.ts';
import type { BtfKind } from './kinds.ts';
import type { TypeId } from './types.ts';

const DIRECTORY = '/sys/kernel/btf';

/** Some 15 MB with what is made of it: not kept by a process that has loaded its programs. */
const KEEP_MS = 10_000;

let kernel: Btf | undefined;
let forgetting: NodeJS.Timeout | undefined;

export function hasKernelBtf(): boolean {
  return existsSync(`${DIRECTORY}/vmlinux`);
}

/** The kernel's BTF, read at the first call and kept while it is asked for. */
export function kernelBtf(): Btf {
  kernel ??= Btf.parse(read('vmlinux'), { name: `${DIRECTORY}/vmlinux` });
  forgetting = forgetting?.refresh() ?? setTimeout(forget, KEEP_MS).unref();
  return kernel;
}

function forget(): void {
  kernel = undefined;
  forgetting = undefined;
}

/** Names of the loaded modules that have BTF. */
export function modulesWithBtf(): string[] {
  return existsSync(DIRECTORY) ? readdirSync(DIRECTORY).filter((name) => name !== 'vmlinux') : [];
}

/** A module's BTF on top of the kernel's. */
export function moduleBtf(module: string): Btf {
  return Btf.parse(read(module), { name: `${DIRECTORY}/${module}`, base: kernelBtf() });
}

/** A type that a loaded module defines: its id counts in the module's BTF. */
export interface ModuleType {
  readonly module: string;
  readonly btf: Btf;
  readonly id: TypeId;
}

/** The first of that name, in these modules; one that does not name it, as nearly all do not, is not parsed. */
export function findInModules(
  name: string,
  kind: BtfKind,
  modules: readonly string[] = modulesWithBtf(),
): ModuleType | undefined {
  for (const module of modules) {
    if (!read(module).includes(`\0${name}\0`)) continue;
    const btf = moduleBtf(module);
    const id = btf.find(name, kind);
    if (id !== undefined && id >= btf.firstId) return { module, btf, id };
  }
  return undefined;
}

function read(file: string): Buffer {
  const path = `${DIRECTORY}/${file}`;
  try {
    return readFileSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PebbleError(missing ? 'unsupported' : 'io', {
      doing: `reading ${path}`,
      what: missing ? 'this kernel publishes no BTF there' : (cause as Error).message,
      hint: 'BTF needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, and /sys mounted',
      cause,
    });
  }
}
