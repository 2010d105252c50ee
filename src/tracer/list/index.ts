/** Lists probes and kernel types by patterns, as `pebble trace -l` prints them. */
import type { Btf } from '../../bpf/btf/index.ts';
import type { CompileHost, TargetProvider } from '../../lang/host.ts';
import { PROBE_KINDS } from '../../lang/probes/index.ts';
import { isPattern, matcher } from '../../lang/probes/wildcard.ts';
import { definition } from './c-text.ts';
import { LISTED_KINDS, type ListedKind } from './kinds.ts';

export interface ListOptions {
  readonly host: CompileHost;
  /** With arguments of probes, and with definitions of types. */
  readonly verbose: boolean;
  /** A process is traced: its programs' probes belong to "all". */
  readonly ofProcess: boolean;
}

/** Lines for patterns with commas between them. */
export function list(patterns: string, options: ListOptions): string[] {
  return patterns.split(',').flatMap((pattern) => {
    const trimmed = pattern.trim().replace(/\s+/g, ' ');
    return isTypeName(trimmed) ? listTypes(trimmed, options) : listProbes(trimmed, options);
  });
}

const isTypeName = (text: string): boolean => /^(struct|union|enum) /.test(text);

export function listProbes(text: string, options: ListOptions): string[] {
  const pattern = text === '' ? '*:*' : text.includes(':') ? text : `*:${text}`;
  const [kindPattern = '', ...rest] = pattern.split(':');
  if (kindPattern === options.host.target?.name) return listTarget(options.host.target, rest.join(':'), options);
  return kindsFor(kindPattern, rest, options).flatMap((kind) => listKind(kind, rest, options));
}

/** What the traced program adds, when it is asked for by its name. */
function listTarget({ name, probes }: TargetProvider, pattern: string, { verbose }: ListOptions): string[] {
  const accepts = matcher(pattern);
  return probes
    .filter((probe) => accepts(probe.name))
    .flatMap((probe) => {
      const fields = verbose ? probe.arguments.map((field) => `    ${field.type} ${field.name}`) : [];
      return [`${name}:${probe.name}`, ...fields];
    });
}

/** A kind by name or alias; patterns stand for all of the kernel, and for user programs where they are narrowed down. */
function kindsFor(pattern: string, rest: readonly string[], { host, ofProcess }: ListOptions): ListedKind[] {
  if (!isPattern(pattern)) {
    const full = PROBE_KINDS.find(({ names }) => names.includes(pattern))?.names[0] ?? pattern;
    return LISTED_KINDS.filter(({ name }) => name === full);
  }
  const [target = ''] = rest;
  const narrowed = rest.length > 1 && target !== '' && !isPattern(target) && (host.binaries?.(target) ?? []).length > 0;
  const accepts = matcher(pattern);
  return LISTED_KINDS.filter(
    ({ name, scope }) => accepts(name) && (scope === 'kernel' || (scope === 'user' && (ofProcess || narrowed))),
  );
}

function listKind(kind: ListedKind, rest: readonly string[], { host, verbose }: ListOptions): string[] {
  const found = new Set(kind.inFile ? inFiles(kind, rest, host) : matching(kind, rest, host));
  return [...found].sort().flatMap((candidate) => {
    const parameters = verbose ? (kind.parameters?.(host, candidate) ?? []) : [];
    return [`${kind.name}:${candidate}`, ...parameters.map((parameter) => `    ${parameter}`)];
  });
}

function matching(kind: ListedKind, rest: readonly string[], host: CompileHost): string[] {
  const wanted = kind.parts === 2 && rest.length < 2 ? `*:${rest.join(':')}` : rest.join(':') || '*';
  return kind.candidates(host).filter(matcher(wanted));
}

/** The name of a file may stand for a path: what is found is named by the path. */
function inFiles(kind: ListedKind, rest: readonly string[], host: CompileHost): string[] {
  const [target, wanted] = rest.length < 2 ? ['*', rest.join(':')] : [rest[0]!, rest.slice(1).join(':')];
  const accepts = matcher(wanted || '*');
  return (host.binaries?.(target) ?? []).flatMap((path) =>
    kind.inFile!(host, path)
      .filter((name) => accepts(name) || accepts(name.slice(name.indexOf(':') + 1)))
      .map((name) => `${path}:${name}`),
  );
}

function listTypes(pattern: string, { host, verbose }: ListOptions): string[] {
  const btf = host.kernelBtf?.();
  if (!btf) return [];
  const accepts = matcher(pattern);
  const found = new Map<string, string>();
  for (const { name, id } of namedTypes(btf)) {
    if (!found.has(name) && accepts(name)) found.set(name, verbose ? definitionOf(btf, id) : name);
  }
  return [...found.keys()].sort().map((name) => found.get(name)!);
}

function* namedTypes(btf: Btf): Generator<{ readonly name: string; readonly id: number }> {
  for (const kind of ['struct', 'union', 'enum'] as const) {
    for (const id of btf.ids(kind)) if (btf.nameOf(id) !== '') yield { name: `${kind} ${btf.nameOf(id)}`, id };
  }
}

function definitionOf(btf: Btf, id: number): string {
  const type = btf.type(id);
  return 'members' in type || 'values' in type ? `${definition(btf, type)}\n` : '';
}
