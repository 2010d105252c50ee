/** What lowering a script adds up to besides code: events, stack maps, and which system maps are used. */
import { array, bytes, type FieldShapes, record, u32, u64 } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/index.ts';
import { position, type Span, viaOf } from '../diagnostics/index.ts';
import {
  type CompiledScript,
  GLOBALS,
  RATE_LIMIT,
  type ScriptEvent,
  type SourcePlace,
  type StackMap,
  SYSTEM_MAPS,
  UNWIND_CODE,
  UNWIND_ROW,
} from '../script.ts';
import { STACK_KEY } from '../types/layout.ts';
import type { StackType } from '../types/type.ts';

/** The script's part of an event: everything but layout and place. */
export type EventBody = ScriptEvent extends infer E ? (E extends ScriptEvent ? Omit<E, 'shape' | 'at'> : never) : never;

/** Entries of a stack map, as bpftrace keeps them. */
const STACKS = 131_072;
const BUILD_ID_FRAME = 32;
/** PostgreSQL and its libraries have half as many; they take 16 bytes each. */
const UNWOUND_ROWS = 1 << 20;
const UNWOUND_PROCESSES = 1024;

export class Output {
  readonly events: ScriptEvent[] = [];
  readonly stackMaps: StackMap[] = [];
  #globals = false;
  #asksRing = false;
  #unwinds = false;
  readonly limits: CompiledScript['limits'][number][] = [];
  readonly #tables = new Map<string, Buffer>();
  /** Bytes that say which probes have fired. */
  fired = 0;
  /** Bytes of zeros that inserting new map values needs. */
  zeros = 0;

  event(body: EventBody, fields: FieldShapes, span: Span): { id: number; shape: ScriptEvent['shape'] } {
    const shape = record('event', { id: u32, ...fields });
    const id = this.events.length;
    this.events.push({ ...body, shape, at: placeOf(span) } as ScriptEvent);
    return { id, shape };
  }

  /** The number of a new rate limit. */
  limit(span: Span, perSecond: number): number {
    return this.limits.push({ perSecond, at: placeOf(span) }) - 1;
  }

  /** The ring, also where no event goes into it. */
  useRing(): string {
    this.#asksRing = true;
    return SYSTEM_MAPS.events;
  }

  useGlobals(): string {
    this.#globals = true;
    return SYSTEM_MAPS.globals;
  }

  useUnwindTables(): { readonly rows: string; readonly code: string } {
    this.#unwinds = true;
    return { rows: SYSTEM_MAPS.unwindRows, code: SYSTEM_MAPS.unwindCode };
  }

  stackMap(type: StackType): StackMap {
    const spec = `${type.space === 'kernel' ? 'k' : 'u'}stack_${type.mode === 'build_id' ? 'b' : ''}${type.limit}`;
    let found = this.stackMaps.find((map) => map.spec === spec);
    if (!found) {
      found = { spec, space: type.space, mode: type.mode, limit: type.limit };
      this.stackMaps.push(found);
    }
    return found;
  }

  /** The map of a table of texts, each in a row of so many bytes. */
  texts(name: string, rows: readonly string[], bytesOfRow: number): string {
    const table = Buffer.alloc(rows.length * bytesOfRow);
    for (const [i, text] of rows.entries()) table.write(text, i * bytesOfRow, bytesOfRow - 1, 'latin1');
    return this.table(name, table);
  }

  /** The map of what programs only look up. */
  table(name: string, content: Buffer): string {
    this.#tables.set(name, content);
    return name;
  }

  systemMaps(ringBytes: number): MapSpec[] {
    const maps: MapSpec[] = this.stackMaps.map((map) => ({
      name: map.spec,
      type: 'lru_hash',
      key: STACK_KEY,
      value: bytes(map.limit * (map.mode === 'build_id' ? BUILD_ID_FRAME : 8)),
      maxEntries: STACKS,
    }));
    if (this.events.length > 0 || this.#asksRing) {
      maps.push({ name: SYSTEM_MAPS.events, type: 'ringbuf', maxEntries: ringBytes });
      maps.push({ name: SYSTEM_MAPS.lost, type: 'percpu_array', key: u32, value: u64, maxEntries: 1 });
    }
    if (this.#globals) maps.push({ name: SYSTEM_MAPS.globals, type: 'array', key: u32, value: GLOBALS, maxEntries: 1 });
    if (this.fired > 0) {
      maps.push({ name: SYSTEM_MAPS.fired, type: 'array', key: u32, value: bytes(this.fired), maxEntries: 1 });
    }
    if (this.limits.length > 0) {
      const value = array(RATE_LIMIT, this.limits.length);
      maps.push({ name: SYSTEM_MAPS.limits, type: 'array', key: u32, value, maxEntries: 1 });
    }
    if (this.#unwinds) {
      const { unwindRows, unwindCode } = SYSTEM_MAPS;
      maps.push({ name: unwindRows, type: 'array', key: u32, value: UNWIND_ROW, maxEntries: UNWOUND_ROWS });
      const processes = { key: u32, value: UNWIND_CODE, maxEntries: UNWOUND_PROCESSES, flags: { noPrealloc: true } };
      maps.push({ name: unwindCode, type: 'hash', ...processes });
    }
    if (this.zeros > 0) {
      maps.push({ name: 'zeros', type: 'array', key: u32, value: bytes(this.zeros), maxEntries: 1 });
    }
    for (const [name, initial] of this.#tables) {
      const value = bytes(initial.length);
      maps.push({ name, type: 'array', key: u32, value, maxEntries: 1, initial, flags: { readOnlyForPrograms: true } });
    }
    return maps;
  }
}

export function placeOf(span: Span): SourcePlace {
  const start = position(span.source, span.start);
  const end = position(span.source, span.end);
  const via = viaOf(span);
  return {
    file: span.source.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(via && { via: placeOf(via) }),
  };
}
