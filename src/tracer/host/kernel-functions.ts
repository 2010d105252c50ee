/** Functions of the kernel that can be hooked, as tracefs or a file of that kind lists them: `name`, or `name [module]`. */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { tracefs } from '../../bpf/index.ts';

/** By module, the kernel itself being `vmlinux`; a name that several functions of it have comes once. */
export type KernelFunctions = ReadonlyMap<string, ReadonlySet<string>>;

/** undefined: a kernel without ftrace lists none. */
export function listKernelFunctions(file?: string): KernelFunctions | undefined {
  try {
    return readList(readFileSync(file ?? `${tracefs()}/available_filter_functions`, 'utf8'), readBlocked());
  } catch (cause) {
    if (file === undefined) return undefined;
    throw new PebbleError('no-target', { what: `Could not read functions from ${file}.`, cause });
  }
}

/**
 * The kernel lets them be traced, but machines have stopped of it: what idles, what RCU does for the programs themselves, and
 * places of functions that the linker dropped (tools/testing/selftests/bpf/prog_tests/kprobe_multi_test.c).
 */
const HARMFUL = /^(?:rcu_|__ftrace_invalid_address__|(?:arch_cpu_idle|default_idle|bpf_dispatcher_xdp_func)$)/;

/** Where debugfs is mounted: functions that refuse kprobes, one of which would fail a whole pattern. */
const BLOCKED = '/sys/kernel/debug/kprobes/blacklist';

function readBlocked(): string {
  try {
    return readFileSync(BLOCKED, 'utf8');
  } catch {
    return '';
  }
}

/** Blocked are lines of a range of addresses, a tab and a name: `0x…-0x…\tfirst_nmi`. */
export function readList(text: string, blocked: string): KernelFunctions {
  const refused = new Set([...blocked.matchAll(/\t(\S+)/g)].map(([, name]) => name!));
  const found = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [name, module] = line.split(/\s+/, 2);
    if (!name || HARMFUL.test(name) || refused.has(name)) continue;
    const key = module?.replace(/^\[(.*)\]$/, '$1') || 'vmlinux';
    const names = found.get(key) ?? new Set();
    found.set(key, names.add(name));
  }
  return found;
}

export function functionsIn(all: KernelFunctions | undefined, isWanted?: (module: string) => boolean) {
  if (all === undefined) return undefined;
  const modules = isWanted === undefined ? [...all] : [...all].filter(([module]) => isWanted(module));
  return [...new Set(modules.flatMap(([, names]) => [...names]))];
}
