/** The bpf(2) system call: a command number and an attribute record (linux/bpf.h, union bpf_attr). */
import { type RecordShape, type Shape, write } from '../../base/record.ts';
import { type Block, scratch, syscall } from '../../native/index.ts';
import { EAGAIN, EPERM } from './errno.ts';
import { raiseMemlock } from './memlock.ts';
import { withoutSignals } from './signals.ts';

/** enum bpf_cmd (linux/bpf.h). */
export const COMMAND = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  RAW_TRACEPOINT_OPEN: 17,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  BTF_GET_NEXT_ID: 23,
  MAP_LOOKUP_BATCH: 24,
  MAP_LOOKUP_AND_DELETE_BATCH: 25,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  ENABLE_STATS: 32,
  ITER_CREATE: 33,
  LINK_DETACH: 34,
  PROG_BIND_MAP: 35,
} as const;
export type Command = (typeof COMMAND)[keyof typeof COMMAND];

/** Values of an attribute record; what is left out is 0. Pointers are addresses. */
export type Attr<S extends RecordShape> = {
  readonly [Name in keyof S['fields']]?: S['fields'][Name] extends { kind: 'text' } ? string : number | bigint;
};

/** These charge memory, before Linux 5.11 against RLIMIT_MEMLOCK. */
const CHARGED: ReadonlySet<number> = new Set([COMMAND.MAP_CREATE, COMMAND.PROG_LOAD, COMMAND.BTF_LOAD]);
/** For an EAGAIN that is not for a signal's sake; libbpf tries as often. */
const ATTEMPTS = 5;

/** A command with its attribute already in memory: its result, or minus the errno. */
export function bpf(command: Command, attr: Block, size = attr.bytes.length): number {
  return syscall('bpf', command, attr.address, size);
}

/** A command: its result, or minus the errno. */
export function run<S extends RecordShape>(command: Command, shape: S, values: Attr<S>): number {
  return scratch((arena) => {
    const attr = arena.take(shape.size);
    fill(shape, attr, values);
    let result = bpf(command, attr);
    if (result === -EPERM && CHARGED.has(command) && raiseMemlock()) result = bpf(command, attr);
    // The verifier gives up when a signal is pending: under a profiler's timer no attempt at a long program would end.
    for (let i = 1; result === -EAGAIN && i < ATTEMPTS; i++) result = withoutSignals(() => bpf(command, attr));
    return result;
  });
}

/** Writes the named fields of a record. */
export function fill<S extends RecordShape>(shape: S, block: Block, values: Attr<S>): void {
  for (const [name, value] of Object.entries(values)) {
    const field = shape.fields[name] as Shape;
    if (value !== undefined) write(field, block.view, shape.offsets[name] as number, value as never);
  }
}
