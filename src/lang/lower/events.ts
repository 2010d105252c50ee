/** Ring records: reserved, filled in place, submitted without waking the reader; a full ring is counted. */
import type { FieldShapes } from '../../base/record.ts';
import type { Span } from '../diagnostics/index.ts';
import { type Address, address, imm } from '../ir/index.ts';
import { SYSTEM_MAPS } from '../script.ts';
import type { Expression } from '../syntax/ast.ts';
import { walk } from '../syntax/index.ts';
import { shapeOf } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import type { Lowering } from './lowering.ts';
import { pointerOf } from './memory.ts';
import type { EventBody } from './output.ts';

/** BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP (linux/bpf.h). */
const NO_WAKEUP = 1;
const FORCE_WAKEUP = 2;

export interface EventField {
  readonly name: string;
  readonly type: Type;
  write(to: Address): void;
  /** The expression may leave the probe or emit events itself: it must not run while a record is reserved. */
  readonly from?: Expression;
}

export function emitEvent(
  body: EventBody,
  fields: readonly EventField[],
  span: Span,
  l: Lowering,
  options: { wake?: boolean } = {},
): void {
  const shapes = Object.fromEntries(fields.map((field) => [field.name, shapeOf(field.type)])) as FieldShapes;
  const { id, shape } = l.output.event(body, shapes, span);
  const flags = imm(options.wake ? FORCE_WAKEUP : NO_WAKEUP);
  const fill = (at: Address) => {
    l.b.store(at, 4, imm(id));
    for (const field of fields) field.write(address(at.base, at.offset + shape.offsets[field.name]!));
  };
  if (fields.some((field) => field.from && hasSideRoads(field.from))) return sendCopy(shape.size, fill, flags, l);
  const ring = l.b.map(SYSTEM_MAPS.events);
  const record = l.b.helper('ringbuf_reserve', [ring, imm(shape.size), imm(0)]);
  l.b.when(
    'ne',
    record,
    imm(0),
    () => {
      withoutTails(l, () => fill(address(record)));
      l.b.emit({ op: 'helper', name: 'ringbuf_submit', args: [record, flags] });
    },
    () => countLost(l),
  );
}

/** The record is built apart and copied whole. */
function sendCopy(size: number, fill: (at: Address) => void, flags: ReturnType<typeof imm>, l: Lowering): void {
  const slot = l.bytes('event', size);
  l.b.zero(slot, size);
  fill(slot);
  const ring = l.b.map(SYSTEM_MAPS.events);
  const result = l.b.helper('ringbuf_output', [ring, pointerOf(slot, l), imm(size), flags]);
  l.b.when('slt', result, imm(0), () => countLost(l));
}

const hasSideRoads = (node: Expression): boolean => {
  let found = false;
  walk(node, (child) => {
    if (child.kind === 'block' || child.kind === 'call') found ||= child.kind === 'block' || SIDE_ROADS.has(child.name);
  });
  return found;
};
const SIDE_ROADS: ReadonlySet<string> = new Set(['printf', 'print', 'exit', 'warnf', 'errorf', 'system', 'cat']);

/** Readers of records stop at a text's NUL: what lies behind it need not be cleared. */
function withoutTails(l: Lowering, body: () => void): void {
  const outer = l.tails;
  l.tails = false;
  body();
  l.tails = outer;
}

function countLost(l: Lowering): void {
  const key = l.bytes('key', 4, { align: 4 });
  l.b.store(key, 4, imm(0));
  const counter = l.b.helper('map_lookup_elem', [l.b.map(SYSTEM_MAPS.lost), pointerOf(key, l)]);
  l.b.when('ne', counter, imm(0), () => {
    const at = address(counter);
    l.b.store(at, 8, l.b.add(l.b.load(at, 8), imm(1)));
  });
}
