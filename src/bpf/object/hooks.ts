/** What a section name says about its program: kind and hook, one row a prefix (libbpf, program_types). */
import type { ProgramKind } from '../spec/index.ts';
import { NETWORK_ROWS, type NetworkRow } from './network-hooks.ts';

/** Where a program is to be attached, before anybody looked whether that exists. */
export type Hook =
  | { readonly kind: 'tracepoint'; readonly category: string; readonly event: string }
  | { readonly kind: 'raw_tracepoint'; readonly event: string }
  | { readonly kind: 'tracing'; readonly target: string }
  | { readonly kind: 'iter'; readonly target: string }
  | { readonly kind: 'kprobe'; readonly symbol: string; readonly plus: number; readonly atReturn: boolean }
  | { readonly kind: 'kprobe_multi'; readonly pattern: string; readonly atReturn: boolean }
  | { readonly kind: 'ksyscall'; readonly name: string; readonly atReturn: boolean }
  | { readonly kind: 'uprobe'; readonly binary: string; readonly place: UserPlace; readonly atReturn: boolean }
  | { readonly kind: 'uprobe_multi'; readonly binary: string; readonly pattern: string; readonly atReturn: boolean }
  | { readonly kind: 'usdt'; readonly binary: string; readonly provider: string; readonly name: string }
  /** Nothing to attach to; `reason` says what is to be done instead, `target` which function of the kernel it stands for. */
  | { readonly kind: 'none'; readonly reason: string; readonly target?: string };

export type UserPlace =
  | { readonly symbol: string; readonly plus: number }
  /** In the file. */
  | { readonly offset: bigint };

export interface SectionMeaning {
  /** undefined for kinds that Pebble does not load. */
  readonly programKind: ProgramKind | undefined;
  readonly hook: Hook;
  readonly sleepable?: true;
  readonly attachType?: number;
  /** Of BPF_PROG_LOAD. */
  readonly flags?: number;
  /** `SEC("?…")`: loaded only when asked for. */
  readonly optional: boolean;
}

interface Row {
  readonly kind: ProgramKind;
  /** Makes a hook of what follows `prefix/`; undefined when it is not well formed. */
  readonly hook: (rest: string) => Hook | undefined;
  readonly sleepable?: true;
  /** expected_attach_type where the kind leaves a choice. */
  readonly attachType?: number;
  readonly flags?: number;
}

const none = (reason: string) => (): Hook => ({ kind: 'none', reason });

const tracepoint = (rest: string): Hook | undefined => {
  const [category, event, ...more] = rest.split('/');
  return category && event && more.length === 0 ? { kind: 'tracepoint', category, event } : undefined;
};
const rawTracepoint = (event: string): Hook | undefined =>
  event === '' ? undefined : { kind: 'raw_tracepoint', event };
const tracing = (target: string): Hook | undefined => (target === '' ? undefined : { kind: 'tracing', target });
const iter = (target: string): Hook | undefined => (target === '' ? undefined : { kind: 'iter', target });

const kprobe =
  (atReturn: boolean) =>
  (rest: string): Hook | undefined => {
    const [, symbol, plus] = /^([\w.]+)(?:\+(0x[\da-f]+|\d+))?$/i.exec(rest) ?? [];
    if (symbol === undefined || (atReturn && plus !== undefined)) return undefined;
    return { kind: 'kprobe', symbol, plus: Number(plus ?? 0), atReturn };
  };
const kprobeMulti =
  (atReturn: boolean) =>
  (pattern: string): Hook | undefined =>
    /^[\w.*?]+$/.test(pattern) ? { kind: 'kprobe_multi', pattern, atReturn } : undefined;
const ksyscall =
  (atReturn: boolean) =>
  (name: string): Hook | undefined =>
    /^\w+$/.test(name) ? { kind: 'ksyscall', name, atReturn } : undefined;

/** `binary:function+offset`, `binary:0xoffset`; the binary may contain slashes. */
const uprobe =
  (atReturn: boolean) =>
  (rest: string): Hook | undefined => {
    const [, binary, place] = /^([^:]+):([^:]+)$/.exec(rest) ?? [];
    if (binary === undefined || place === undefined) return undefined;
    if (/^(0x[\da-f]+|\d+)$/i.test(place))
      return { kind: 'uprobe', binary, place: { offset: BigInt(place) }, atReturn };
    const [, symbol, plus] = /^([\w.@$]+)(?:\+(0x[\da-f]+|\d+))?$/i.exec(place) ?? [];
    return symbol === undefined
      ? undefined
      : { kind: 'uprobe', binary, place: { symbol, plus: Number(plus ?? 0) }, atReturn };
  };
const uprobeMulti =
  (atReturn: boolean) =>
  (rest: string): Hook | undefined => {
    const [, binary, pattern] = /^([^:]+):([\w.@$*?]+)$/.exec(rest) ?? [];
    return binary === undefined || pattern === undefined
      ? undefined
      : { kind: 'uprobe_multi', binary, pattern, atReturn };
  };
const usdt = (rest: string): Hook | undefined => {
  const [, binary, provider, name] = /^([^:]+):([^:]+):([^:]+)$/.exec(rest) ?? [];
  return binary && provider && name ? { kind: 'usdt', binary, provider, name } : undefined;
};

/** What sections leave to those who attach. */
const NOT_SAID: Readonly<Record<NetworkRow['at'], string>> = {
  device: 'the section does not say which device or socket',
  socket: 'the section does not say which device or socket',
  cgroup: 'the section does not say which cgroup',
  map: 'the section does not say which map',
};

const ROWS: Readonly<Record<string, Row>> = {
  tracepoint: { kind: 'tracepoint', hook: tracepoint },
  tp: { kind: 'tracepoint', hook: tracepoint },
  raw_tracepoint: { kind: 'raw_tracepoint', hook: rawTracepoint },
  raw_tp: { kind: 'raw_tracepoint', hook: rawTracepoint },
  'raw_tracepoint.w': { kind: 'raw_tracepoint_writable', hook: rawTracepoint },
  'raw_tp.w': { kind: 'raw_tracepoint_writable', hook: rawTracepoint },
  tp_btf: { kind: 'tp_btf', hook: tracing },
  fentry: { kind: 'fentry', hook: tracing },
  'fentry.s': { kind: 'fentry', hook: tracing, sleepable: true },
  fexit: { kind: 'fexit', hook: tracing },
  'fexit.s': { kind: 'fexit', hook: tracing, sleepable: true },
  fmod_ret: { kind: 'fmod_ret', hook: tracing },
  'fmod_ret.s': { kind: 'fmod_ret', hook: tracing, sleepable: true },
  lsm: { kind: 'lsm', hook: tracing },
  'lsm.s': { kind: 'lsm', hook: tracing, sleepable: true },
  iter: { kind: 'iter', hook: iter },
  'iter.s': { kind: 'iter', hook: iter, sleepable: true },
  kprobe: { kind: 'kprobe', hook: kprobe(false) },
  kretprobe: { kind: 'kprobe', hook: kprobe(true) },
  'kprobe.multi': { kind: 'kprobe_multi', hook: kprobeMulti(false) },
  'kretprobe.multi': { kind: 'kprobe_multi', hook: kprobeMulti(true) },
  'kprobe.session': { kind: 'kprobe_session', hook: kprobeMulti(false) },
  ksyscall: { kind: 'kprobe', hook: ksyscall(false) },
  kretsyscall: { kind: 'kprobe', hook: ksyscall(true) },
  uprobe: { kind: 'uprobe_multi', hook: uprobe(false) },
  'uprobe.s': { kind: 'uprobe_multi', hook: uprobe(false), sleepable: true },
  uretprobe: { kind: 'uprobe_multi', hook: uprobe(true) },
  'uretprobe.s': { kind: 'uprobe_multi', hook: uprobe(true), sleepable: true },
  'uprobe.multi': { kind: 'uprobe_multi', hook: uprobeMulti(false) },
  'uprobe.multi.s': { kind: 'uprobe_multi', hook: uprobeMulti(false), sleepable: true },
  'uretprobe.multi': { kind: 'uprobe_multi', hook: uprobeMulti(true) },
  'uretprobe.multi.s': { kind: 'uprobe_multi', hook: uprobeMulti(true), sleepable: true },
  'uprobe.session': { kind: 'uprobe_session', hook: uprobeMulti(false) },
  'uprobe.session.s': { kind: 'uprobe_session', hook: uprobeMulti(false), sleepable: true },
  usdt: { kind: 'uprobe_multi', hook: usdt },
  'usdt.s': { kind: 'uprobe_multi', hook: usdt, sleepable: true },
  perf_event: { kind: 'perf_event', hook: none('the section does not say which event') },
  syscall: { kind: 'syscall', hook: none('it runs when it is called (Program.testRun)') },
  lsm_cgroup: {
    kind: 'lsm_cgroup',
    hook: (target) => (target === '' ? undefined : { kind: 'none', reason: NOT_SAID.cgroup, target }),
  },
  ...Object.fromEntries(
    Object.entries(NETWORK_ROWS).map(([prefix, row]) => [prefix, { ...row, hook: none(NOT_SAID[row.at]) }]),
  ),
};

/** The longest prefix that is the whole name or ends at a slash says it. */
export function readSectionName(name: string): SectionMeaning {
  const optional = name.startsWith('?');
  const plain = optional ? name.slice(1) : name;
  const prefix = Object.keys(ROWS)
    .filter((key) => plain === key || plain.startsWith(`${key}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return { programKind: undefined, hook: none(unknown(plain))(), optional };
  const { kind, hook, sleepable, attachType, flags } = ROWS[prefix]!;
  const rest = plain.slice(prefix.length + 1);
  return {
    programKind: kind,
    hook: hook(rest) ?? unclear(prefix, rest),
    optional,
    ...(sleepable && { sleepable }),
    ...(attachType !== undefined && { attachType }),
    ...(flags !== undefined && { flags }),
  };
}

function unknown(section: string): string {
  return /^\.?struct_ops/.test(section)
    ? 'it is for a struct_ops table, which Pebble does not register: use bpftool struct_ops register'
    : `its section "${section}" is of no kind that Pebble knows: tracing programs begin as in SEC("tracepoint/…")`;
}

/** What follows the slash; the others want the name of a function. */
const FORMS: readonly (readonly [prefix: RegExp, form: string])[] = [
  [/^u(ret)?probe/, 'PROGRAM:FUNCTION'],
  [/^usdt/, 'PROGRAM:PROVIDER:NAME'],
  [/^t(p|racepoint)$/, 'CATEGORY/EVENT'],
  [/^(raw_t|tp_btf)/, 'EVENT'],
];

function unclear(prefix: string, rest: string): Hook {
  const said = rest === '' ? 'its section does not say to what' : `"${rest}" in its section is no hook`;
  const form = FORMS.find(([pattern]) => pattern.test(prefix))?.[1] ?? 'FUNCTION';
  return { kind: 'none', reason: `${said}: write SEC("${prefix}/${form}")` };
}
