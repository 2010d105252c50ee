/** Completions: names of probes, builtins, functions, fields, variables and maps that fit at a place of a script. */
import { createLibrary } from '../builtins/index.ts';
import { Diagnostics } from '../diagnostics/index.ts';
import type { CompileHost } from '../host.ts';
import { findProbeKind, PROBE_KINDS } from '../probes/index.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { standardLibrary } from '../stdlib/index.ts';
import { splitAttachPoint } from '../syntax/index.ts';
import { typeName } from '../types/type.ts';
import { TypeSpace } from '../types/type-space.ts';
import { type Place, placeAt } from './context.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'probe' | 'builtin' | 'function' | 'macro' | 'keyword' | 'field' | 'variable' | 'map';
  /** `string str(char *address, [int length])`, `uint64` … */
  readonly signature?: string;
  readonly doc?: string;
}

export interface Completions {
  /** What a completion replaces: UTF-16 offsets. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly Completion[];
  /** There are more than `items`. */
  readonly incomplete: boolean;
}

const MOST = 200;
const KEYWORDS = [
  'if',
  'else',
  'while',
  'for',
  'unroll',
  'break',
  'continue',
  'return',
  'let',
  'sizeof',
  'offsetof',
  'comptime',
];

export function complete(text: string, offset: number, host: CompileHost = {}): Completions {
  const place = placeAt(text, offset);
  const { written, candidates } = candidatesAt(place, text, host);
  const fitting = candidates.filter(({ label }) => label.startsWith(written));
  const items = [...new Map(fitting.map((one) => [one.label, one])).values()];
  return { from: offset - written.length, to: offset, items: items.slice(0, MOST), incomplete: items.length > MOST };
}

interface Candidates {
  readonly written: string;
  readonly candidates: readonly Completion[];
}

function candidatesAt(place: Place, text: string, host: CompileHost): Candidates {
  switch (place.in) {
    case 'probe':
      return probes(place.written, host);
    case 'field':
      return { written: place.written, candidates: fields(place.object, place.probe, host) };
    case 'body':
      return { written: place.written, candidates: words(text, host) };
    case 'nothing':
      return { written: '', candidates: [] };
  }
}

// Probes

/** First the kind, then what the host has of it. */
function probes(written: string, host: CompileHost): Candidates {
  const colon = written.indexOf(':');
  const { target } = host;
  if (colon < 0) {
    const own = target
      ? [{ label: `${target.name}:`, kind: 'probe' as const, doc: 'Probes of the traced program.' }]
      : [];
    const kinds = PROBE_KINDS.map(({ names, doc, usage }): Completion => {
      const [name] = names;
      return { label: usage[0]?.includes(':') ? `${name}:` : name, kind: 'probe', signature: usage[0] ?? name, doc };
    });
    return { written, candidates: [...own, ...kinds] };
  }
  const [name, rest] = [written.slice(0, colon), written.slice(colon + 1)];
  if (target?.name === name) {
    return {
      written: rest,
      candidates: target.probes.map((probe) => ({ label: probe.name, kind: 'probe', doc: probe.doc })),
    };
  }
  return {
    written: rest,
    candidates: namesOf(findProbeKind(name)?.names[0], rest, host).map((label) => ({ label, kind: 'probe' })),
  };
}

function namesOf(kind: string | undefined, rest: string, host: CompileHost): readonly string[] {
  switch (kind) {
    case 'tracepoint':
      return host.tracepoints?.() ?? [];
    case 'rawtracepoint':
      return (host.tracepoints?.() ?? []).map((name) => name.slice(name.indexOf(':') + 1));
    case 'kprobe':
    case 'kretprobe':
    case 'fentry':
    case 'fexit':
      return host.kernelFunctions?.() ?? [];
    case 'uprobe':
    case 'uretprobe':
      return inBinary(rest, (file) => host.userFunctions?.(file)?.map(({ name }) => name) ?? [], host);
    case 'usdt':
      return inBinary(
        rest,
        (file) => host.usdtSites?.(file)?.map((site) => `${site.provider}:${site.name}`) ?? [],
        host,
      );
    default:
      return [];
  }
}

function inBinary(rest: string, names: (file: string) => readonly string[], host: CompileHost): string[] {
  const colon = rest.indexOf(':');
  if (colon < 0) return [];
  const binary = rest.slice(0, colon);
  return (host.binaries?.(binary) ?? []).flatMap((file) => names(file).map((name) => `${binary}:${name}`));
}

// Bodies

function words(text: string, { target }: CompileHost): Completion[] {
  const rows = createLibrary().rows();
  const known = rows.map(({ name, signature, doc }): Completion => {
    return { label: name, kind: /\(/.test(signature) ? 'function' : 'builtin', signature, doc };
  });
  const macros = [...standardLibrary().keys(), ...matches(text, /\bmacro\s+(\w+)/g)];
  return [
    ...matches(text, /(\$[A-Za-z_]\w*)/g).map((label): Completion => ({ label, kind: 'variable' })),
    ...matches(text, /(@[A-Za-z_]\w*)/g).map((label): Completion => ({ label, kind: 'map' })),
    ...(target ? [{ label: target.name, kind: 'builtin' as const, doc: 'Values of the traced program.' }] : []),
    ...known,
    ...macros.map((label): Completion => ({ label, kind: 'macro' })),
    ...matches(text, /\bfn\s+(\w+)/g).map((label): Completion => ({ label, kind: 'function' })),
    ...KEYWORDS.map((label): Completion => ({ label, kind: 'keyword' })),
  ];
}

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!);

function fields(object: string, probe: string, host: CompileHost): Completion[] {
  const { target } = host;
  if (target?.name === object) {
    return target.fields.map(({ name, type, doc }) => ({ label: name, kind: 'field', signature: type, doc }));
  }
  if (object !== 'args') return [];
  if (target && probe.startsWith(`${target.name}:`)) {
    const found = target.probes.find(({ name }) => probe === `${target.name}:${name}`);
    return (found?.arguments ?? []).map(({ name, type, doc }) => ({
      label: name,
      kind: 'field',
      signature: type,
      doc,
    }));
  }
  return argumentsOf(probe, host);
}

/** As the compiler finds them for this attach point. */
function argumentsOf(probe: string, host: CompileHost): Completion[] {
  const source = { name: 'probe', text: probe };
  const point = {
    kind: 'attach-point',
    span: { source, start: 0, end: probe.length },
    ...splitAttachPoint(probe),
  } as const;
  const types = new TypeSpace([], host);
  const context = {
    host,
    types,
    diagnostics: new Diagnostics(),
    uses: new Set(['args']),
    labels: new Map(),
    pid: undefined,
    settings: DEFAULT_SETTINGS,
    missing: () => {},
  };
  const [found] = findProbeKind(point.parts[0] ?? '')?.expand(point, context) ?? [];
  return (found?.args?.struct.fields() ?? []).map(({ name, type }) => ({
    label: name,
    kind: 'field',
    signature: typeName(type),
  }));
}
