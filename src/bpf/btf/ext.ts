/** .BTF.ext of compiled objects: functions, source lines and CO-RE relocations by section. */
import { ByteCursor } from '../../base/bytes.ts';
import type { Btf } from './btf.ts';
import { FUNC_INFO_SIZE, type FunctionRecord, LINE_INFO_SIZE, type LineRecord } from './info.ts';

const MAGIC = 0xeb9f;
/** Compilers before CO-RE wrote a header that ends with the line info. */
const HEADER_WITH_RELOCATIONS = 32;
/** struct bpf_core_relo: insn_off, type_id, access_str_off, kind. */
const CORE_RELOCATION_SIZE = 16;
/** Instruction offsets in objects are bytes; ours are slots. */
const SLOT_SIZE = 8;

/** enum bpf_core_relo_kind, in its order. */
export const CORE_KINDS = [
  'field_byte_offset',
  'field_byte_size',
  'field_exists',
  'field_signed',
  'field_lshift_u64',
  'field_rshift_u64',
  'type_id_local',
  'type_id_target',
  'type_exists',
  'type_size',
  'enumval_exists',
  'enumval_value',
  'type_matches',
] as const;
export type CoreKind = (typeof CORE_KINDS)[number];

export interface CoreRelocation {
  /** The instruction to patch, counted in its section. */
  readonly slot: number;
  /** Type in the object's BTF. */
  readonly type: number;
  /** "0:1:2": indices of members and elements from the type on; of a value for enums. */
  readonly access: string;
  readonly kind: CoreKind;
}

/** By name of the section whose instructions they are about. */
export interface BtfExt {
  readonly functions: ReadonlyMap<string, readonly FunctionRecord[]>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly relocations: ReadonlyMap<string, readonly CoreRelocation[]>;
}

export function parseBtfExt(bytes: Buffer, btf: Btf): BtfExt {
  const name = `.BTF.ext of ${btf.name}`;
  const cursor = new ByteCursor(bytes, name);
  if (cursor.u16() !== MAGIC) cursor.fail('this is not BTF');
  cursor.u16();
  const headerSize = cursor.u32();
  const part = () => {
    const offset = headerSize + cursor.u32();
    return new ByteCursor(new ByteCursor(bytes, name, offset).take(cursor.u32()), name);
  };
  return {
    functions: readPart(part(), btf, FUNC_INFO_SIZE, (record) => ({ slot: slotOf(record), type: record.u32() })),
    lines: readPart(part(), btf, LINE_INFO_SIZE, readLine),
    relocations:
      headerSize >= HEADER_WITH_RELOCATIONS
        ? readPart(part(), btf, CORE_RELOCATION_SIZE, (record) => readCoreRelocation(record, btf))
        : new Map(),
  };
}

/** Record size; then for each section its name, a count, and records, which later kernels may have made longer. */
function readPart<T>(cursor: ByteCursor, btf: Btf, known: number, read: (record: ByteCursor) => T): Map<string, T[]> {
  const bySection = new Map<string, T[]>();
  if (cursor.remaining === 0) return bySection;
  const recordSize = cursor.u32();
  if (recordSize < known) cursor.fail(`records of ${recordSize} bytes, ${known} are needed`);
  while (cursor.remaining > 0) {
    const section = btf.text(cursor.u32());
    const count = cursor.u32();
    const records = cursor.take(count * recordSize);
    const list = bySection.get(section) ?? [];
    for (let i = 0; i < count; i++) list.push(read(new ByteCursor(records, cursor.name, i * recordSize)));
    bySection.set(section, list);
  }
  return bySection;
}

function slotOf(record: ByteCursor): number {
  return record.u32() / SLOT_SIZE;
}

function readLine(record: ByteCursor): LineRecord {
  const slot = slotOf(record);
  const file = record.u32();
  const text = record.u32();
  const lineColumn = record.u32();
  return { slot, file, text, line: lineColumn >>> 10, column: lineColumn & 0x3ff };
}

function readCoreRelocation(record: ByteCursor, btf: Btf): CoreRelocation {
  const slot = slotOf(record);
  const type = record.u32();
  const access = btf.text(record.u32());
  const number = record.u32();
  const kind = CORE_KINDS[number] ?? record.fail(`CO-RE relocation of unknown kind ${number}`);
  return { slot, type, access, kind };
}
