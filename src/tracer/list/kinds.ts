/** What there is to list of each probe kind: one row a kind. */
import type { Btf } from '../../bpf/btf/index.ts';
import { typeText } from '../../bpf/dwarf/index.ts';
import type { CompileHost } from '../../lang/host.ts';
import { TIME_UNITS } from '../../lang/probes/duration.ts';
import { hardwareEvents, softwareEvents } from '../../lang/probes/perf-event.ts';
import { declaration } from './c-text.ts';

export interface ListedKind {
  readonly name: string;
  /** Also found by patterns for the kind's name: everything of the kernel, and of programs when a process is given. */
  readonly scope: 'kernel' | 'user' | 'explicit';
  /** Candidates have a part before the last: `category:event`. */
  readonly parts: 1 | 2;
  candidates(host: CompileHost): readonly string[];
  /** For kinds whose second part names files: what one of them has. */
  inFile?(host: CompileHost, path: string): readonly string[];
  /** Names and types of a candidate's arguments, for -lv. */
  parameters?(host: CompileHost, candidate: string): readonly string[];
}

const timed = (name: string): ListedKind => ({
  name,
  scope: 'explicit',
  parts: 1,
  candidates: () => TIME_UNITS.map((unit) => `${unit}:`),
});

const kernelFunctions = (name: string, scope: ListedKind['scope']): ListedKind => ({
  name,
  scope,
  parts: 1,
  candidates: (host) => host.kernelFunctions?.() ?? [],
  parameters: (host, fn) => functionParameters(host.kernelBtf?.(), fn, name === 'kretprobe'),
});

const typedFunctions = (name: string, scope: ListedKind['scope']): ListedKind => ({
  name,
  scope,
  parts: 2,
  candidates: (host) =>
    (host.kernelModules?.() ?? ['vmlinux']).flatMap((module) => {
      const traceable = host.kernelFunctions?.((one) => one === module) ?? [];
      const btf = traceable.length > 0 ? btfOf(module, host) : undefined;
      return btf ? traceable.filter((fn) => functionIds(btf).has(fn)).map((fn) => `${module}:${fn}`) : [];
    }),
  parameters(host, candidate) {
    const [module = '', fn = ''] = candidate.split(':');
    return functionParameters(btfOf(module, host), fn, name === 'fexit');
  },
});

const btfOf = (module: string, host: CompileHost): Btf | undefined =>
  module === 'vmlinux' ? host.kernelBtf?.() : host.moduleBtf?.(module);

const userFunctions = (name: string, scope: ListedKind['scope']): ListedKind => ({
  name,
  scope,
  parts: 2,
  candidates: () => [],
  inFile: (host, path) => host.userFunctions?.(path).map(({ name: fn }) => fn) ?? [],
  parameters: (host, candidate) => userParameters(host, candidate, name === 'uretprobe'),
});

function userParameters(host: CompileHost, candidate: string, atReturn: boolean): string[] {
  const [, path = '', name = ''] = /^(.*?):(.*)$/.exec(candidate) ?? [];
  const symbol = host.userFunctions?.(path).find((fn) => fn.name === name);
  const fn = symbol && host.debugInfo?.(path)?.functionAt(Number(symbol.address));
  if (fn === undefined) return [];
  if (atReturn) return fn.returns.kind === 'void' ? [] : [`${typeText(fn.returns)} retval`];
  return fn.parameters.map((parameter) => `${typeText(parameter.type)} ${parameter.name}`);
}

const rawtracepoint: ListedKind = {
  name: 'rawtracepoint',
  scope: 'kernel',
  parts: 2,
  candidates: (host) => {
    const btf = host.kernelBtf?.();
    return btf ? [...rawTracepoints(btf).keys()].map((event) => `vmlinux:${event}`) : [];
  },
  parameters(host, candidate) {
    const btf = host.kernelBtf?.();
    const id = btf && rawTracepoints(btf).get(candidate.replace('vmlinux:', ''));
    return id === undefined ? [] : prototype(btf!, id).slice(1);
  },
};

const tracepoint: ListedKind = {
  name: 'tracepoint',
  scope: 'kernel',
  parts: 2,
  candidates: (host) => host.tracepoints?.() ?? [],
  parameters(host, candidate) {
    const [category = '', event = ''] = candidate.split(':');
    const format = host.tracepointFormat?.(category, event) ?? '';
    // The fields that all events have come before the first empty line.
    const own = format.slice(format.indexOf('\n\n'));
    return [...own.matchAll(/^\tfield:([^;]*);/gm)].map((match) => match[1]!);
  },
};

const usdt: ListedKind = {
  name: 'usdt',
  scope: 'user',
  parts: 2,
  candidates: () => [],
  inFile: (host, path) => host.usdtSites?.(path).map((site) => `${site.provider}:${site.name}`) ?? [],
};

const iter: ListedKind = {
  name: 'iter',
  scope: 'kernel',
  parts: 1,
  candidates(host) {
    const btf = host.kernelBtf?.();
    if (!btf) return [];
    const names = btf.ids('struct').map((id) => btf.nameOf(id));
    return names.flatMap((name) => /^bpf_iter__(?!.*__safe_trusted$)(.+)$/.exec(name)?.[1] ?? []);
  },
};

export const LISTED_KINDS: readonly ListedKind[] = [
  typedFunctions('fentry', 'kernel'),
  typedFunctions('fexit', 'explicit'),
  { name: 'hardware', scope: 'kernel', parts: 1, candidates: () => hardwareEvents().map((name) => `${name}:`) },
  timed('interval'),
  iter,
  kernelFunctions('kprobe', 'kernel'),
  kernelFunctions('kretprobe', 'explicit'),
  timed('profile'),
  rawtracepoint,
  { name: 'self', scope: 'explicit', parts: 2, candidates: () => ['signal:SIGUSR1'] },
  { name: 'software', scope: 'kernel', parts: 1, candidates: () => softwareEvents().map((name) => `${name}:`) },
  tracepoint,
  userFunctions('uprobe', 'user'),
  userFunctions('uretprobe', 'explicit'),
  usdt,
];

function prototype(btf: Btf, id: number): string[] {
  const type = btf.type(id);
  const proto = type.kind === 'func' ? btf.type(type.type) : type;
  if (proto.kind !== 'func_proto') return [];
  return proto.params.map((param) => `${declaration(btf, param.type, '')} ${param.name}`);
}

function functionParameters(btf: Btf | undefined, name: string, withResult: boolean): string[] {
  const id = btf && functionIds(btf).get(name);
  if (btf === undefined || id === undefined) return [];
  const fn = btf.type(id);
  const proto = fn.kind === 'func' ? btf.type(fn.type) : undefined;
  const returns = proto?.kind === 'func_proto' && proto.returns !== 0 && withResult;
  const result = returns ? [`${declaration(btf, proto.returns, '')} retval`] : [];
  return [...prototype(btf, id), ...result];
}

/** Functions through which the kernel calls raw tracepoints' programs, by event. */
const PREFIXES = ['__bpf_trace_', '__traceiter_', '__probestub_'];

/** Searched once: -lv asks about each of ten thousands, and BTF has no order by name. */
function oncePerBtf(search: (btf: Btf) => ReadonlyMap<string, number>) {
  const found = new WeakMap<Btf, ReadonlyMap<string, number>>();
  return (btf: Btf): ReadonlyMap<string, number> => {
    const known = found.get(btf) ?? search(btf);
    found.set(btf, known);
    return known;
  };
}

/** Of functions of one name the first counts, as where BTF is asked for the name. */
const functionIds = oncePerBtf(
  (btf) =>
    new Map(
      btf
        .ids('func')
        .reverse()
        .map((id) => [btf.nameOf(id), id]),
    ),
);

/** Events with the function that shows their arguments. */
const rawTracepoints = oncePerBtf(findRawTracepoints);

function findRawTracepoints(btf: Btf): Map<string, number> {
  const events = new Map<string, number>();
  for (const id of btf.ids('func')) {
    const name = btf.nameOf(id);
    const prefix = PREFIXES.find((candidate) => name.startsWith(candidate));
    if (prefix && !events.has(name.slice(prefix.length))) events.set(name.slice(prefix.length), id);
  }
  return events;
}
