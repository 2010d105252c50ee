/** Puts what the target adds to the language into the script: its builtins become macro calls, its probes the hooks that it has here. */
import { PebbleError } from '../../base/errors.ts';
import { type Diagnostics, didYouMean, type Source, type Span } from '../diagnostics/index.ts';
import type { CompileHost, TargetHook, TargetLibrary, TargetProvider, TextTable } from '../host.ts';
import {
  type AttachPoint,
  type FieldAccess,
  mapChildren,
  type Node,
  type Probe,
  type Program,
  parse,
  relocate,
  type Statement,
  walk,
} from '../syntax/index.ts';
import { checkFields, isFieldOf } from './check-target.ts';
import { guardedBody } from './guarded-body.ts';

/** What a probe of the target became: `pg:query_done` through `tp_btf:sock_send_length`. */
export interface ChosenHook {
  readonly probe: string;
  readonly through: readonly string[];
  readonly cost: string;
}

export interface WithTarget {
  readonly program: Program;
  readonly hooks: readonly ChosenHook[];
  readonly texts: readonly TextTable[];
}

export function resolveTarget(program: Program, host: CompileHost, diagnostics: Diagnostics): WithTarget {
  const { target } = host;
  const use = target && firstUse(program, target.name);
  const library = target && use && openLibrary(target, use, diagnostics);
  if (!target || !library) return { program, hooks: [], texts: [] };
  const resolver = new TargetResolver(target, library, host, diagnostics);
  return { program: resolver.merge(program), hooks: resolver.hooks, texts: library.texts };
}

const isArgument = (node: Node): node is FieldAccess =>
  node.kind === 'field' && node.object.kind === 'builtin' && node.object.name === 'args';

function firstUse(program: Program, name: string): Span | undefined {
  let found: Span | undefined;
  walk(program, (node) => {
    if (isFieldOf(node, name) || (node.kind === 'attach-point' && node.parts[0] === name)) found ??= node.span;
  });
  return found;
}

/** `pg.user` calls the library's macro of that name. */
function toCalls<N extends Node>(node: N, name: string): N;
function toCalls(node: Node, name: string): Node {
  if (!isFieldOf(node, name)) return mapChildren(node, (child) => toCalls(child, name));
  return { kind: 'call', span: node.span, name: `${name}.${node.name}`, nameSpan: node.nameSpan, arguments: [] };
}

function openLibrary(target: TargetProvider, use: Span, diagnostics: Diagnostics): TargetLibrary | undefined {
  try {
    return target.library();
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    const message = [error.doing, error.what].filter(Boolean).join(': ');
    diagnostics.error(use, message, { hints: error.hint ? [error.hint] : [] });
    return undefined;
  }
}

class TargetResolver {
  readonly hooks: ChosenHook[] = [];
  readonly #target: TargetProvider;
  readonly #library: TargetLibrary;
  readonly #host: CompileHost;
  readonly #diagnostics: Diagnostics;

  constructor(target: TargetProvider, library: TargetLibrary, host: CompileHost, diagnostics: Diagnostics) {
    this.#target = target;
    this.#library = library;
    this.#host = host;
    this.#diagnostics = diagnostics;
  }

  /** No script can write a name with a dot: the library's macros are in nobody's way. */
  merge(program: Program): Program {
    const { name } = this.#target;
    const library = toCalls(this.#parse(this.#library.source), name);
    const macros = library.macros.map((macro) => ({ ...macro, name: `${name}.${macro.name}`, standard: true }));
    // The library's macros may use each other.
    checkFields(program, this.#target, this.#library.texts, this.#diagnostics);
    const own = toCalls(program, name);
    return {
      ...own,
      cSources: [...own.cSources, ...library.cSources],
      maps: [...own.maps, ...library.maps],
      functions: [...library.functions, ...own.functions],
      macros: [...own.macros, ...macros],
      probes: own.probes.flatMap((probe) => this.#probes(probe)),
    };
  }

  #parse(source: Source): Program {
    const { program, diagnostics } = parse(source);
    this.#diagnostics.addAll(diagnostics);
    return program;
  }

  /** A probe may name hooks of the target beside others: each of the target's becomes probes of its own. */
  #probes(probe: Probe): Probe[] {
    const own = probe.attachPoints.filter(({ parts }) => parts[0] === this.#target.name);
    if (own.length === 0) return [probe];
    const others = probe.attachPoints.filter((point) => !own.includes(point));
    const rest = others.length > 0 ? [{ ...probe, attachPoints: others }] : [];
    return [...rest, ...own.flatMap((point) => this.#expand(point, probe))];
  }

  #expand(point: AttachPoint, probe: Probe): Probe[] {
    const [target = '', name = ''] = point.parts;
    const hooks = this.#library.hooks(name).map((hook) => ({ hook, probes: this.#template(hook, point.span) }));
    const chosen = hooks.find(({ probes }) => probes.flatMap((one) => one.attachPoints).every((one) => this.#has(one)));
    if (!chosen) {
      this.#reportMissing(point, hooks);
      return [];
    }
    if (!this.#hasArguments(point, probe)) return [];
    const main = chosen.probes.find((one) => hasPlace(one)) ?? chosen.probes[0]!;
    const through = main.attachPoints.map(({ raw }) => raw);
    this.hooks.push({ probe: `${target}:${name}`, through, cost: chosen.hook.cost });
    return chosen.probes.map((one) => fillIn(one, probe, `$$${target}_`));
  }

  /** What a template keeps in other variables is not the script's to read. */
  #hasArguments({ parts: [target, name] }: AttachPoint, probe: Probe): boolean {
    const known = this.#target.probes.find((one) => one.name === name)?.arguments ?? [];
    const names = known.map((argument) => `args.${argument.name}`);
    const all = names.length > 0 ? `it has ${names.join(', ')}` : 'its arguments have no names';
    let ok = true;
    walk(probe, (node) => {
      if (!isArgument(node) || names.includes(`args.${node.name}`)) return;
      const hints = [didYouMean(`args.${node.name}`, names) ?? all];
      this.#diagnostics.error(node.nameSpan, `${target}:${name} has no args.${node.name}`, { hints });
      ok = false;
    });
    return ok;
  }

  #template({ text }: TargetHook, via: Span): readonly Probe[] {
    const program = toCalls(this.#parse({ name: this.#library.source.name, text }), this.#target.name);
    return program.probes.map((one) => relocate(one, via));
  }

  #has({ parts }: AttachPoint): boolean {
    const [kind, ...rest] = parts;
    if (kind === 'tp_btf') return this.#hasEvent(`btf_trace_${rest[0]}`);
    const [binary = '', name] = [rest[0], rest.at(-1)];
    if (kind === 'usdt') return this.#host.usdtSites?.(binary)?.some((site) => site.name === name) ?? false;
    return this.#host.userFunctions?.(binary)?.some((one) => one.name === name) ?? false;
  }

  #hasEvent(name: string): boolean {
    const { kernelBtf, moduleWith } = this.#host;
    return kernelBtf?.()?.find(name, 'typedef') !== undefined || moduleWith?.(name, 'typedef') !== undefined;
  }

  #reportMissing(point: AttachPoint, tried: readonly { readonly probes: readonly Probe[] }[]): void {
    const [target, name = ''] = point.parts;
    const names = this.#target.probes.map((probe) => probe.name);
    const points = tried.flatMap(({ probes }) => probes.flatMap((one) => one.attachPoints.map(({ raw }) => raw)));
    const lacking = points.length > 0 ? `neither the kernel nor the server has ${[...new Set(points)].join(', ')}` : '';
    const meant = didYouMean(name, names) ?? sameSubject(name, names);
    const hints = names.includes(name) ? [lacking] : meant ? [meant] : [`${target} has ${names.join(', ')}`, lacking];
    this.#diagnostics.error(point.span, `No hook for ${target}:${name} here.`, { hints: hints.filter(Boolean) });
  }
}

/** Who asks for query_finish means what there is of queries. */
function sameSubject(name: string, names: readonly string[]): string | undefined {
  const [subject] = name.split('_');
  const kin = names.filter((one) => one.startsWith(`${subject}_`)).map((one) => `'${one}'`);
  return kin.length > 0 ? `did you mean ${kin.join(' or ')}?` : undefined;
}

const PLACE = 'body';
const isPlace = (statement: Statement): boolean =>
  statement.kind === 'expression-statement' &&
  statement.expression.kind === 'call' &&
  statement.expression.name === PLACE;

function hasPlace({ body }: Probe): boolean {
  return body.statements.some(isPlace);
}

/** The template with the script's predicate and body at its place; its variables get names that no script can write. */
function fillIn(template: Probe, probe: Probe, prefix: string): Probe {
  const hidden = hideVariables(template, prefix);
  const own: Statement = {
    kind: 'expression-statement',
    span: probe.span,
    expression: guardedBody(namedArguments(probe, prefix)),
  };
  const statements = hidden.body.statements.map((statement) => (isPlace(statement) ? own : statement));
  return { ...hidden, body: { ...hidden.body, statements } };
}

function hideVariables<N extends Node>(node: N, prefix: string): N {
  const inside = mapChildren(node, (child) => hideVariables(child, prefix));
  return inside.kind === 'variable' ? { ...inside, name: prefix + inside.name.slice(1) } : inside;
}

/** `args.duration` is what the template keeps in $duration. */
function namedArguments<N extends Node>(node: N, prefix: string): N;
function namedArguments(node: Node, prefix: string): Node {
  const inside = mapChildren(node, (child) => namedArguments(child, prefix));
  if (!isArgument(inside)) return inside;
  return { kind: 'variable', span: inside.span, name: prefix + inside.name };
}
