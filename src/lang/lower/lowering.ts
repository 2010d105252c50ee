/** The state of lowering one function: its builder, its types, and where its variables live. */
import type { SourceLine } from '../../bpf/asm/instruction.ts';
import type { Span } from '../diagnostics/index.ts';
import {
  type Address,
  address,
  type BlockId,
  FunctionBuilder,
  type IrFunction,
  type Operand,
  type Reg,
  type Slot,
} from '../ir/index.ts';
import type { ProbePoint } from '../probes/index.ts';
import { GLOBALS } from '../script.ts';
import type { Settings } from '../settings.ts';
import type { Call, Expression, MapAccess, MapReference, Node, Statement } from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import { sizeOfType } from '../types/layout.ts';
import { isScalar, type Type } from '../types/type.ts';
import { type Constant, type Scratch, type ScriptTyping, type TypeTable, Typing, type Unit } from '../types/typing.ts';
import type { MapPlan } from './map-plan.ts';
import type { Output } from './output.ts';
import type { LoweringLibrary } from './rows.ts';
import type { Value } from './value.ts';

export type Storage = { readonly in: 'register'; readonly reg: Reg } | { readonly in: 'memory'; readonly at: Address };

/** The rules for syntax, handed in because they and the builtins use each other. */
export interface SyntaxRules {
  value(node: Expression, l: Lowering): Value;
  /** Writes the value into `to` as `type`, without a copy where it can be made in place. */
  into(node: Expression, to: Address, type: Type, l: Lowering): void;
  statement(node: Statement, l: Lowering): void;
}

/** Shared by all functions of a script. */
export interface ScriptLowering {
  readonly typing: ScriptTyping;
  readonly output: Output;
  readonly library: LoweringLibrary;
  readonly rules: SyntaxRules;
  plan(name: string): MapPlan;
}

export class Lowering {
  readonly b: FunctionBuilder;
  readonly script: ScriptLowering;
  readonly unit: Unit;
  readonly table: TypeTable;
  /** The probe's context; absent in functions and callbacks. */
  context: Reg | undefined;
  /** The place in the script that is being lowered, for reports at run time. */
  here: Span;
  /** Pointers of the context by their offset that were loaded, and found not null, on entry. */
  readonly loaded = new Map<number, Reg>();
  /** Bytes behind the NUL of a text are written too (map keys are compared whole). */
  tails = true;
  /** The str() of whose text the rest counts only where it is longer than so many bytes, or never. */
  startOfText: { readonly call: Call; readonly bytes: number; readonly rest: 'if longer' | 'never' } | undefined;
  readonly storage = new Map<Scratch, Storage>();
  /** Functions that this one hands to the kernel. */
  readonly callbacks: IrFunction[] = [];
  readonly loops: { readonly next: BlockId; readonly out: BlockId }[] = [];

  constructor(script: ScriptLowering, unit: Unit, table: TypeTable, name: string, parameters: number) {
    this.script = script;
    this.unit = unit;
    this.table = table;
    this.b = new FunctionBuilder(name, parameters);
    this.here = unit.kind === 'probe' ? unit.probe.span : unit.subprogram.span;
  }

  get settings(): Settings {
    return this.script.typing.settings;
  }
  get output(): Output {
    return this.script.output;
  }
  get point(): ProbePoint | undefined {
    return this.unit.kind === 'probe' ? this.unit.points[0] : undefined;
  }

  typeOf(node: Node): Type {
    return this.table.types.get(node) ?? { kind: 'none' };
  }

  /** A typing view of what is lowered. */
  get typing(): Typing {
    return new Typing(this.script.typing, this.unit, this.table);
  }

  /** undefined: not known when compiling. */
  constant(node: Expression): Constant | undefined {
    return constantOf(node, this.typing);
  }

  value(node: Expression): Value {
    return this.script.rules.value(node, this);
  }

  into(node: Expression, to: Address, type: Type): void {
    this.script.rules.into(node, to, type, this);
  }

  /** The body reads a text of which the rest may not count. */
  withStart<T>(start: Lowering['startOfText'], body: () => T): T {
    const outer = this.startOfText;
    this.startOfText = start;
    const result = body();
    this.startOfText = outer;
    return result;
  }

  /** What the body makes is reported at this place. */
  at<T>(span: Span, body: () => T): T {
    const outer = this.here;
    this.here = span;
    const result = body();
    this.here = outer;
    return result;
  }

  statement(node: Statement): void {
    this.here = node.span;
    this.b.withSource(sourceLine(node.span), () => this.script.rules.statement(node, this));
  }

  /** The function of the probe, where this one is a callback. */
  get root(): Lowering {
    return this;
  }

  sizeOf(type: Type): number {
    return sizeOfType(type);
  }

  /** Ends the function; callbacks return otherwise. */
  leave(value: Operand): void {
    this.b.return(value);
  }

  plan(node: MapReference | MapAccess | { name: string }): MapPlan {
    return this.script.plan('map' in node ? node.map.name : node.name);
  }

  /** Memory for what is made from here on: each round of a loop begins without it. */
  slot(name: string, type: Type): Address {
    return this.bytes(name, Math.max(1, sizeOfType(type)), { align: 8 });
  }

  bytes(name: string, size: number, options?: { align?: Slot['align']; place?: Slot['place'] }): Address {
    const slot = this.b.slot(name, size, options);
    this.b.fresh(slot);
    return address(slot);
  }

  /** A word that the whole script shares. */
  global(name: keyof typeof GLOBALS.fields): Address {
    return address(this.b.mapValue(this.output.useGlobals()), GLOBALS.offsets[name]);
  }

  /** A zero that the verifier takes for any number. */
  hiddenZero(): Reg {
    return this.b.load(this.global('zero'), 8);
  }

  /** Where a variable lives; made when first asked for. */
  variable(symbol: Scratch): Storage {
    let storage = this.storage.get(symbol);
    if (!storage) {
      const type = symbol.type!;
      storage =
        isScalar(type) && !symbol.inMemory
          ? { in: 'register', reg: this.b.reg() }
          : { in: 'memory', at: address(this.b.slot(symbol.name, Math.max(1, sizeOfType(type)), { align: 8 })) };
      this.storage.set(symbol, storage);
    }
    return storage;
  }

  symbolOf(node: Node): Scratch {
    return this.table.symbols.get(node)!;
  }
}

/** Where the lines of a text start, found once. */
const lineStarts = new WeakMap<Span['source'], number[]>();

function startsOf(source: Span['source']): number[] {
  let starts = lineStarts.get(source);
  if (!starts) {
    starts = [0];
    for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) starts.push(at + 1);
    lineStarts.set(source, starts);
  }
  return starts;
}

/** The line that the verifier quotes; with the span, which it does not know. */
export interface ScriptLine extends SourceLine {
  readonly span: Span;
}

export function sourceLine(span: Span): ScriptLine {
  const { source, start } = span;
  const starts = startsOf(source);
  let low = 0;
  for (let high = starts.length - 1; low < high; ) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= start) low = middle;
    else high = middle - 1;
  }
  const text = source.text.slice(starts[low]!, (starts[low + 1] ?? source.text.length + 1) - 1);
  const column = Buffer.byteLength(source.text.slice(starts[low]!, start)) + 1;
  return { file: source.name, line: low + 1, column, text: text.trim(), span };
}
