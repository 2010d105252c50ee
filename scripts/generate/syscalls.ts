/** Writes src/base/syscalls.ts from the kernel's headers of this machine (asm/unistd_64.h, asm-generic/unistd.h). */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const OUTPUT = new URL('../../src/base/syscalls.ts', import.meta.url);

/** Of later kernels than the headers (to Linux 6.18), by number: alike on both (the kernel's scripts/syscall.tbl). */
const LATER: Readonly<Record<number, string>> = Object.fromEntries(
  [
    'cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr',
    'lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr',
    'file_setattr',
  ]
    .join(' ')
    .split(' ')
    .map((name, i) => [451 + i, name]),
);
/** The same, of x86-64 alone. */
const LATER_X64: Readonly<Record<number, string>> = { 335: 'uretprobe', 336: 'uprobe' };

/** Names by number, as the preprocessor knows them. */
function namesOf(header: string, defines: readonly string[], later: Readonly<Record<number, string>>): string[] {
  const input = `#include <${header}>\n`;
  const macros = execFileSync('gcc', ['-E', '-dM', ...defines, '-'], { input, encoding: 'utf8' });
  const values = new Map([...macros.matchAll(/^#define (__NR\w*) (\S+)$/gm)].map(([, name, value]) => [name!, value!]));
  const resolve = (value: string): number => Number(values.has(value) ? resolve(values.get(value)!) : value);
  const names: string[] = Object.assign([], later);
  for (const [name, value] of values) {
    const number = resolve(value);
    if (name.startsWith('__NR_') && name !== '__NR_syscalls' && Number.isInteger(number)) names[number] = name.slice(5);
  }
  return names;
}

function rows(names: readonly string[]): string {
  const words = Array.from(names, (name) => name ?? '-');
  const lines: string[] = [];
  for (let line = ''; words.length > 0; ) {
    line += `${words.shift()} `;
    if (words.length === 0 || line.length + words[0]!.length > 112) {
      lines.push(`  '${line}',`);
      line = '';
    }
  }
  return lines.join('\n');
}

writeFileSync(
  OUTPUT,
  `/** Names of the system calls by their numbers. Generated from the kernel's headers by scripts/generate/syscalls.ts. */

const X64 = [
${rows(namesOf('asm/unistd_64.h', [], { ...LATER, ...LATER_X64 }))}
];

const ARM64 = [
${rows(namesOf('asm-generic/unistd.h', ['-D__BITS_PER_LONG=64', '-D__ARCH_WANT_RENAMEAT', '-D__ARCH_WANT_NEW_STAT', '-D__ARCH_WANT_SET_GET_RLIMIT', '-D__ARCH_WANT_SYS_CLONE3'], LATER))}
];

/** By number; '-' where there is none. */
export function syscallNames(arch: 'x64' | 'arm64'): readonly string[] {
  return (arch === 'arm64' ? ARM64 : X64).join('').trim().split(' ');
}
`,
);
