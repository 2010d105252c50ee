/** The debug information of one program: its functions, types and lines, found by address or by name. */
import { AddressIndex } from '../elf/index.ts';
import { CompileUnit, type OpenSplit, type TypeKey } from './compile-unit.ts';
import { AT } from './constants.ts';
import type { Entry } from './entry.ts';
import type { DebugFile } from './file.ts';
import { inlinedAt, isVariadic, parametersOf } from './functions.ts';
import type { SourceLine } from './line/table.ts';
import { NamedTypes } from './named-types.ts';
import type { Range } from './ranges.ts';
import { findLine, type LinePlaces } from './source-lines.ts';
import type { DwarfType } from './type.ts';
import { TypeReader } from './types.ts';

export interface FunctionInfo {
  /** As the source has it: without namespaces, classes and mangling. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** More may follow (`...`). */
  readonly variadic: boolean;
  readonly returns: DwarfType;
}
export interface Parameter {
  /** Empty when it has none. */
  readonly name: string;
  readonly type: DwarfType;
}

/** A function that an address is in: one that was really called, or one inlined into it. */
export interface SourceFrame {
  readonly function: string | undefined;
  readonly inlined: boolean;
  /** Where in it: for the callers of inlined functions the line of the call. */
  readonly at: SourceLine | undefined;
}

export class Dwarf {
  readonly #file: DebugFile;
  readonly #openSplit: OpenSplit;
  readonly #close: () => void;
  readonly #types = new TypeReader((tag, name, from) => this.#definition(tag === 'union' ? tag : 'struct', name, from));
  #units: readonly CompileUnit[] | undefined;
  #index: { readonly ranges: readonly UnitRange[]; readonly byAddress: AddressIndex } | undefined;
  #named: NamedTypes | undefined;

  constructor(file: DebugFile, openSplit: OpenSplit = () => undefined, close: () => void = () => {}) {
    this.#file = file;
    this.#openSplit = openSplit;
    this.#close = close;
  }

  get units(): readonly CompileUnit[] {
    this.#units ??= this.#file.units.map((unit) => new CompileUnit(unit, this.#openSplit));
    return this.#units;
  }

  /** Nothing can be asked any more. */
  close(): void {
    this.#close();
  }

  /** `address` is as linked. */
  functionAt(address: number): FunctionInfo | undefined {
    const entry = this.#unitAt(address)?.functions.at(address);
    if (entry === undefined) return undefined;
    const parameters = parametersOf(entry).map((parameter) => ({
      name: parameter.entryName ?? '',
      type: this.#types.typeOf(parameter),
    }));
    const returns = this.#types.typeOf(entry);
    return { name: entry.entryName ?? '', parameters, variadic: isVariadic(entry), returns };
  }

  /** The functions whose code is at `address`, the innermost first; none where nothing is known. */
  framesAt(address: number): SourceFrame[] {
    const unit = this.#unitAt(address);
    if (unit === undefined) return [];
    const fn = unit.functions.at(address);
    let at = unit.lines?.at(address);
    const frames: SourceFrame[] = [];
    for (const call of fn ? inlinedAt(fn, address).reverse() : []) {
      frames.push({ function: call.entryName, inlined: true, at });
      at = callPlace(call, unit);
    }
    if (fn || at) frames.push({ function: fn?.entryName, inlined: false, at });
    return frames;
  }

  /** The code of a source line; `file` is a path or the end of one. */
  addressesOf(file: string, line: number, column = 0): LinePlaces {
    return findLine(this.units, file, line, column);
  }

  /** A struct, union, enum or (`name`) typedef or basic type; first looked for where `near` is. */
  findType(kind: 'struct' | 'union' | 'enum' | 'name', name: string, near?: number): DwarfType | undefined {
    const unit = near === undefined ? undefined : this.#unitAt(near);
    const entry = this.#find(`${kind} ${name}`, unit);
    return entry && this.#types.of(entry);
  }

  #definition(kind: 'struct' | 'union', name: string, from: Entry['unit']): Entry | undefined {
    return this.#find(
      `${kind} ${name}`,
      this.units.find(({ entries }) => entries === from),
    );
  }

  #find(key: TypeKey, near: CompileUnit | undefined): Entry | undefined {
    const offset = near?.types.get(key);
    if (offset !== undefined) return near!.entries.entry(offset);
    this.#named ??= new NamedTypes(this.units);
    return this.#named.find(key);
  }

  #unitAt(address: number): CompileUnit | undefined {
    this.#index ??= indexUnits(this.units);
    const { ranges, byAddress } = this.#index;
    const found = byAddress.locate(address);
    return found && !found.near ? ranges[found.index]!.unit : undefined;
  }
}

interface UnitRange extends Range {
  readonly unit: CompileUnit;
}

function indexUnits(units: readonly CompileUnit[]) {
  const ranges = units.flatMap((unit): UnitRange[] => unit.ranges().map((range) => ({ ...range, unit })));
  const byAddress = new AddressIndex({
    count: ranges.length,
    addressOf: (i) => ranges[i]!.low,
    sizeOf: (i) => ranges[i]!.high - ranges[i]!.low,
  });
  return { ranges, byAddress };
}

/** Where an inlined function was called. */
function callPlace(call: Entry, { lines }: CompileUnit): SourceLine | undefined {
  const file = lines?.files[call.number(AT.callFile) ?? -1];
  const line = call.number(AT.callLine);
  return file && line ? { file, line, column: call.number(AT.callColumn) ?? 0 } : undefined;
}
