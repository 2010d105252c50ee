/** Finds what uprobe sections name: programs and libraries by name, functions by pattern. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PebbleError } from '../../../base/errors.ts';
import { Elf } from '../../elf/index.ts';
// Not by links/index.ts: who starts without uprobes does not need the reader of ELF.
import { behindEndbr } from '../../links/user-site.ts';
import { tracefs } from '../../sys/index.ts';

const ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** A path as it is; `libc.so.6` where libraries are, `bash` where programs are. */
export function findBinary(name: string): string {
  if (name.includes('/')) return name;
  const library = /\.so(\.|$)/.test(name);
  const found = (library ? libraryFolders() : programFolders())
    .map((folder) => join(folder, name))
    .find((path) => (library ? existsSync(path) : isExecutable(path)));
  if (found) return found;
  throw new PebbleError('no-target', {
    doing: `looking for ${name}`,
    what: `no ${library ? 'library' : 'program'} of that name is where they usually are`,
    hint: 'write its whole path in the section: SEC("uprobe//usr/…:function")',
  });
}

function libraryFolders(): string[] {
  const arch = ARCH[process.arch];
  const usual = ['/usr/lib64', '/usr/lib', '/lib64', '/lib'];
  return [...listed(process.env.LD_LIBRARY_PATH), ...(arch ? [`/lib/${arch}`, `/usr/lib/${arch}`] : []), ...usual];
}

function programFolders(): string[] {
  return [...listed(process.env.PATH), '/usr/bin', '/usr/sbin'];
}

function listed(variable: string | undefined): string[] {
  return (variable ?? '').split(':').filter((folder) => folder !== '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where to probe the functions in the file whose names match, each place once. */
export function functionOffsets(binary: string, pattern: string): bigint[] {
  const elf = Elf.open(binary);
  try {
    const matches = matcher(pattern);
    const offsets = new Set<bigint>();
    for (const table of elf.symbolTables()) {
      for (const { index, name } of table.functions()) {
        const offset = matches.test(name) ? elf.fileOffset(table.addressOf(index)) : undefined;
        if (offset !== undefined) offsets.add(BigInt(behindEndbr(elf, offset)));
      }
    }
    if (offsets.size > 0) return [...offsets];
  } finally {
    elf.close();
  }
  throw new PebbleError('no-target', {
    doing: `looking for functions of ${binary}`,
    what: `none matches ${pattern}`,
    hint: `nm -D ${binary} lists what a stripped binary has left`,
  });
}

/** Names of kernel functions that can be probed. */
export function kernelFunctions(pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern];
  const matches = matcher(pattern);
  const names = new Set(probeable().filter((name) => matches.test(name)));
  if (names.size > 0) return [...names];
  throw new PebbleError('no-target', { doing: 'looking for kernel functions', what: `none matches ${pattern}` });
}

function probeable(): string[] {
  const path = `${tracefs()}/available_filter_functions`;
  try {
    return [...readFileSync(path, 'utf8').matchAll(/^\S+/gm)].map(([name]) => name);
  } catch (cause) {
    throw new PebbleError('unsupported', {
      doing: `reading ${path}`,
      what: 'the kernel does not list the functions that can be probed',
      hint: 'it needs CONFIG_FUNCTION_TRACER; use a tracepoint',
      cause,
    });
  }
}

/** `*` stands for any text, `?` for one character. */
function matcher(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${text}$`);
}
