/** All units of one .debug_info. */
import { type Abbreviations, readAbbreviations } from './abbreviations.ts';
import type { Entry } from './entry.ts';
import type { DebugSections } from './sections.ts';
import { Unit, type UnitFile } from './unit.ts';
import { readUnitHeaders, type UnitHeader } from './unit-header.ts';

export class DebugFile implements UnitFile {
  readonly sections: DebugSections;
  readonly #skeleton: Unit | undefined;
  readonly #tables = new Map<string, Abbreviations>();
  #units: readonly Unit[] | undefined;
  #types: ReadonlyMap<bigint, Unit> | undefined;

  /** `skeleton`: of the unit that was split off into this file. */
  constructor(sections: DebugSections, skeleton?: Unit) {
    this.sections = sections;
    this.#skeleton = skeleton;
  }

  get units(): readonly Unit[] {
    this.#units ??= readUnitHeaders(this.sections).map((header) => new Unit(this, header, this.#skeleton));
    return this.#units;
  }

  abbreviationsOf(header: UnitHeader): Abbreviations {
    const { abbreviations, addressSize, offsetSize, version } = header;
    const key = `${abbreviations} ${addressSize} ${offsetSize} ${version}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = readAbbreviations(this.sections.whole('abbrev'), abbreviations, header, this.sections.name);
      this.#tables.set(key, table);
    }
    return table;
  }

  entryAt(offset: number): Entry | undefined {
    const unit = this.#unitAt(offset);
    return unit?.entry(offset - unit.header.offset);
  }

  typeBySignature(signature: bigint): Entry | undefined {
    this.#types ??= new Map(this.units.flatMap((unit) => (unit.header.typeAt ? [[unit.header.id!, unit]] : [])));
    const unit = this.#types.get(signature);
    return unit?.entry(unit.header.typeAt!);
  }

  #unitAt(offset: number): Unit | undefined {
    const { units } = this;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (units[middle]!.header.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return units[low - 1];
  }
}
