/** Lowers a script's units to programs: one entry function each, with the subprograms that it calls. */
import type { LinkSpec, MapSpec, ProgramSpec } from '../../bpf/spec/index.ts';
import { type GenerateOptions, Generator } from '../codegen/index.ts';
import type { KernelFeatures } from '../host.ts';
import { address, type IrFunction, imm } from '../ir/index.ts';
import { type ScriptProbe, SYSTEM_MAPS } from '../script.ts';
import type { Settings } from '../settings.ts';
import type { Subprogram } from '../syntax/ast.ts';
import { type Expression, walk } from '../syntax/index.ts';
import type { TypedUnit } from '../types/infer.ts';
import type { Unit } from '../types/typing.ts';
import { lowerCondition } from './binary.ts';
import { Lowering, type ScriptLowering, sourceLine } from './lowering.ts';
import { placeOf } from './output.ts';
import { skipOtherCalls } from './system-call.ts';

/**
 * Programs that run in the traced task, with preemption on: since Linux 6.0 (kernel/trace/trace_uprobe.c: __uprobe_perf_func), so
 * never where a copy could not be taken for want of an exchange.
 */
const REENTRANT_LINKS: ReadonlySet<LinkSpec['kind']> = new Set(['uprobe', 'uprobe_multi', 'usdt']);

type ProbeUnit = Extract<Unit, { kind: 'probe' }>;

export interface Lowered {
  readonly programs: readonly ProgramSpec[];
  readonly links: readonly LinkSpec[];
  readonly probes: readonly ScriptProbe[];
  /** Maps that the generated code needs for itself. */
  readonly maps: readonly MapSpec[];
}

export function lowerUnits(units: readonly TypedUnit[], script: ScriptLowering): Lowered {
  const functions = lowerFunctions(units, script);
  const lowered: { programs: ProgramSpec[]; links: LinkSpec[]; probes: ScriptProbe[]; maps: MapSpec[] } = {
    programs: [],
    links: [],
    probes: [],
    maps: [],
  };
  const { features } = script.typing.host;
  const generator = new Generator(generateOptions(features));
  for (const typed of units) {
    if (typed.unit.kind !== 'probe') continue;
    const name = `p${lowered.programs.length}`;
    const { unit } = typed;
    const fired = reportsFiring(unit, script) ? script.output.fired++ : undefined;
    const entry = lowerProbe(typed, unit, { name, fired }, script);
    const generated = generator.generate({
      name,
      functions: [entry.main, ...entry.callbacks, ...reached(unit, functions, script)],
      reentrant:
        features?.exchange !== false &&
        unit.points.some(({ links }) => links.some(({ kind }) => REENTRANT_LINKS.has(kind))),
    });
    lowered.maps.push(...generated.maps);
    lowered.programs.push({
      name,
      ...namesInKernel(name, lowered.programs.length + 1, unit, script.typing.settings),
      kind: unit.points[0].program,
      ...hookOf(unit),
      functions: generated.functions,
      license: script.typing.settings.license,
    });
    const shared = new Map<string, number>();
    for (const [i, point] of unit.points.entries()) {
      const { systemCall } = point;
      const which = unit.asksWhich && !systemCall ? { cookie: BigInt(i) } : {};
      const links = point.links.map((link) =>
        addLink({ ...link, ...which, program: name } as LinkSpec, lowered.links, shared, systemCall !== undefined),
      );
      lowered.probes.push({
        name: point.name,
        program: name,
        links,
        how: point.how,
        at: placeOf(unit.probe.span),
        ...(point.signal && { signal: point.signal }),
        ...(fired !== undefined && { fired }),
        ...(systemCall && { through: `tp_btf:${systemCall.hook.event}` }),
      });
    }
  }
  return lowered;
}

type Hook = Pick<ProgramSpec, 'attachTo' | 'attachModule' | 'attachProgram'>;

function hookOf({ points: [{ attachTo, attachModule, attachProgram }] }: ProbeUnit): Hook {
  return {
    ...(attachTo !== undefined && { attachTo }),
    ...(attachModule !== undefined && { attachModule }),
    ...(attachProgram !== undefined && { attachProgram }),
  };
}

/** Where BTF cuts names off (KSYM_NAME_LEN is 128), less what a number takes. */
const LONGEST_NAME = 120;

/**
 * `kernelName` tells whoever lists the programs of a host whose they are. bpftool shows the entry's name in the place of one that
 * fills its 15 bytes: that of a script's program is then its probe, and its number, as with bpftrace.
 */
function namesInKernel(name: string, number: number, { points }: ProbeUnit, { namedByProbe }: Settings) {
  const probe = points[0].name.replace(/\W/g, '_');
  const own = `pebble_${name}`;
  if (!namedByProbe) return { kernelName: own, entryName: `${own}_${probe}`.slice(0, LONGEST_NAME) };
  return { kernelName: `${own}_${probe}`, entryName: `${probe.slice(0, LONGEST_NAME)}_${number}` };
}

/** The link's index. Functions of one binary, or of the kernel, share one link: attaching a thousand costs little more than one. */
function addLink(link: LinkSpec, links: LinkSpec[], shared: Map<string, number>, isCommon: boolean): number {
  const key = isCommon ? 'common' : keyOf(link);
  if (key === undefined) return links.push(link) - 1;
  const index = shared.get(key) ?? links.length;
  const other = links[index];
  shared.set(key, index);
  if (!other) links.push(growing(link));
  else if (other.kind === 'uprobe_multi' && link.kind === 'uprobe_multi')
    (other.fileOffsets as bigint[]).push(...link.fileOffsets);
  else if (other.kind === 'kprobe_multi' && link.kind === 'kprobe_multi')
    (other.symbols as string[]).push(...link.symbols);
  return index;
}

/** With a list of its own that others can be added to: patterns match ten thousands of functions. */
function growing(link: LinkSpec): LinkSpec {
  if (link.kind === 'uprobe_multi') return { ...link, fileOffsets: [...link.fileOffsets] };
  return link.kind === 'kprobe_multi' ? { ...link, symbols: [...link.symbols] } : link;
}

function keyOf(link: LinkSpec): string | undefined {
  if (link.kind === 'kprobe_multi') return 'kernel';
  if (link.kind !== 'uprobe_multi' || link.cookies || link.semaphoreOffsets) return undefined;
  return `${link.binary} ${link.atReturn} ${link.pid}`;
}

/** Old verifiers walk through every round of a loop: this many cost some milliseconds. */
const COUNTED_ROUNDS = 1024;

function generateOptions(features: KernelFeatures = {}): GenerateOptions {
  const { isaV4 = true, mayGoto = true, bpfLoop = false, countedRounds = COUNTED_ROUNDS } = features;
  return { isa: isaV4 ? 'v4' : 'v3', ...(!mayGoto && { loopLimit: countedRounds, loopCalls: bpfLoop }) };
}

interface Named {
  readonly name: string;
  /** Of the byte that says that it fired. */
  readonly fired: number | undefined;
}

function lowerProbe({ table }: TypedUnit, unit: ProbeUnit, { name, fired }: Named, script: ScriptLowering) {
  const l = new Lowering(script, unit, table, name, 1);
  l.context = l.b.parameters[0];
  if (unit.points[0].program === 'iter') loadObjects(unit, l);
  if (unit.points[0].systemCall) skipOtherCalls(unit.points, l);
  if (fired !== undefined) markFired(fired, l);
  const { predicate, body } = unit.probe;
  if (mayFireAfterExit(unit)) l.b.when('ne', l.b.load(l.global('ended'), 8), imm(0), () => l.b.return(imm(0)));
  if (predicate) {
    const run = l.b.block();
    const skip = l.b.block();
    l.b.withSource(sourceLine(predicate.span), () => lowerCondition(predicate.condition, run, skip, l));
    l.b.enter(skip);
    l.b.return(imm(0));
    l.b.enter(run);
  }
  l.b.withSource(sourceLine(body.span), () => l.value(body));
  l.b.return(imm(0));
  const main = l.b.finish();
  return { main: unit.points[0].program === 'tracepoint' ? returningOne(main) : main, callbacks: l.callbacks };
}

/** Where a program on a tracepoint returns 0, perf's events there see nothing (kernel/trace/bpf_trace.c, trace_call_bpf). */
function returningOne(fn: IrFunction): IrFunction {
  const blocks = fn.blocks.map((block) =>
    block.end?.op === 'return' ? { ...block, end: { ...block.end, value: imm(1) } } : block,
  );
  return { ...fn, blocks };
}

function reportsFiring({ points: [{ how, program, kind }] }: ProbeUnit, { typing }: ScriptLowering): boolean {
  return typing.settings.reportProbes && how === 'attach' && program !== 'iter' && kind.isTimed !== true;
}

/** Written once: CPUs that only read a line of memory all keep it. */
function markFired(index: number, l: Lowering): void {
  const at = address(l.b.mapValue(SYSTEM_MAPS.fired), index);
  l.b.when('eq', l.b.load(at, 1), imm(0), () => l.b.store(at, 1, imm(1)));
}

/** It takes a while until what calls exit() is detached; meanwhile it does nothing. Iterators run to their end. */
function mayFireAfterExit({ probe, points }: ProbeUnit): boolean {
  if (points[0].how !== 'attach' || points[0].program === 'iter') return false;
  let exits = false;
  walk(probe.body, (node) => {
    exits ||= node.kind === 'call' && node.name === 'exit';
  });
  return exits;
}

/** An iterator ends with a call without an object: its pointers are null then. */
function loadObjects(unit: ProbeUnit, l: Lowering): void {
  const struct = l.script.typing.space.tagged('struct', unit.points[0].context ?? '');
  if (struct?.kind !== 'struct') return;
  for (const field of struct.fields()) {
    const inner = field.type.kind === 'struct' ? field.type.fields()[0] : field;
    if (inner?.type.kind !== 'pointer' || field.offset === 0) continue;
    const pointer = l.b.load(address(l.context!, field.offset), 8);
    l.b.when('eq', pointer, imm(0), () => l.b.return(imm(0)));
    l.loaded.set(field.offset, pointer);
  }
}

/** By name: each with the callbacks of its loops and mistakes. */
function lowerFunctions(units: readonly TypedUnit[], script: ScriptLowering): Map<string, readonly IrFunction[]> {
  const lowered = new Map<string, IrFunction[]>();
  for (const typed of units) {
    if (typed.unit.kind === 'function') lowered.set(typed.unit.subprogram.name, lowerFunction(typed, script));
  }
  const loops = (fn: IrFunction): boolean =>
    fn.blocks.some(
      ({ ops, end }) =>
        end!.op === 'guard' ||
        ops.some((op) => (op.op === 'call' || op.op === 'functionAddress') && (lowered.get(op.name) ?? []).some(loops)),
    );
  const settle = (fn: IrFunction): IrFunction =>
    // Where the verifier follows a number to an argument it takes all numbers for important, also those that a call in a
    // loop has cleared, and gives up ("global subprog unexpected regs": propagate_precision).
    fn.isGlobal && fn.parameters.length > 0 && loops(fn) ? { ...fn, isGlobal: false } : fn;
  return new Map([...lowered].map(([name, fns]) => [name, fns.map(settle)]));
}

/** The function, and the callbacks of its loops and mistakes. */
function lowerFunction({ table, unit }: TypedUnit, script: ScriptLowering): IrFunction[] {
  if (unit.kind !== 'function') throw new TypeError('not a function');
  const { subprogram } = unit;
  const l = new Lowering(script, unit, table, subprogram.name, subprogram.parameters.length);
  subprogram.parameters.forEach((parameter, i) => {
    const symbol = l.symbolOf(parameter.variable);
    const storage = l.variable(symbol);
    if (storage.in === 'register') l.b.mov(l.b.parameters[i]!, storage.reg);
    else l.b.store(storage.at, 8, l.b.parameters[i]!);
  });
  l.b.withSource(sourceLine(subprogram.body.span), () => l.value(subprogram.body));
  l.b.return(imm(0));
  return [{ ...l.b.finish(), isGlobal: takesNumbers(subprogram, l) }, ...l.callbacks];
}

/** Kernel pointers have types that the verifier only knows where it follows the call. */
function takesNumbers(subprogram: Subprogram, l: Lowering): boolean {
  const returns = l.script.typing.functions.get(subprogram.name)?.returns;
  const types = [returns, ...subprogram.parameters.map(({ variable }) => l.symbolOf(variable).type)];
  return types.every((type) => type === undefined || ['int', 'bool', 'none', 'void'].includes(type.kind));
}

/** Trees do not change: the body of a subprogram is gone through once, however many probes call it. */
const CALLED = new WeakMap<Expression, ReadonlySet<string>>();

function calledIn(node: Expression): ReadonlySet<string> {
  const known = CALLED.get(node);
  if (known) return known;
  const names = new Set<string>();
  walk(node, (child) => {
    if (child.kind === 'call') names.add(child.name);
  });
  CALLED.set(node, names);
  return names;
}

/** The subprograms that a probe calls, directly or not. */
function reached(
  unit: ProbeUnit,
  functions: ReadonlyMap<string, readonly IrFunction[]>,
  script: ScriptLowering,
): IrFunction[] {
  const found = new Map<string, readonly IrFunction[]>();
  const visit = (node: Expression): void => {
    for (const name of calledIn(node)) {
      const fn = found.has(name) ? undefined : functions.get(name);
      if (fn === undefined) continue;
      found.set(name, fn);
      visit(script.typing.functions.get(name)!.subprogram.body);
    }
  };
  visit(unit.probe.body);
  if (unit.probe.predicate) visit(unit.probe.predicate.condition);
  return [...found.values()].flat();
}
