/** kstack and ustack: frames kept once in a map under their hash; values hold the key. */
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { pointerOf, toScalar } from '../lower/memory.ts';
import type { BuiltinRow, FunctionRow } from '../lower/rows.ts';
import { unwind } from '../lower/unwind.ts';
import { inMemory, offsetBy, scalar, type Value } from '../lower/value.ts';
import type { Call, Node } from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import { STACK_KEY, sizeOfType } from '../types/layout.ts';
import { INT64, type StackMode, type StackType, typeName } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';

const MODES: readonly StackMode[] = ['bpftrace', 'perf', 'raw', 'build_id'];
const DEFAULT_LIMIT = 127;
const MAX_LIMIT = 1024;
/** BPF_F_USER_STACK, BPF_F_USER_BUILD_ID (linux/bpf.h). */
const USER_STACK = 1 << 8;
const BUILD_ID = 1 << 11;

type Space = StackType['space'];
/** How callers are found. */
type Way = 'frame pointers' | 'tables';
const nameOf = (space: Space): string => (space === 'kernel' ? 'kstack' : 'ustack');

function stackType(space: Space, mode: StackMode, limit: number, node: Node, t: Typing): StackType | undefined {
  if (!t.point) return t.error(node, `${nameOf(space)} is of the probe: a function has no stack of its own`);
  if (mode === 'build_id' && space === 'kernel') {
    t.warning(node, "'build_id' stack mode can only be used for ustack. Falling back to 'raw' mode.");
    return { kind: 'stack', space, mode: 'raw', limit };
  }
  return { kind: 'stack', space, mode, limit };
}

function callType(space: Space, call: Call, t: Typing): StackType | undefined {
  const [first, second] = call.arguments;
  const mode = first?.kind === 'identifier' ? MODES.find((known) => known === first.name) : undefined;
  if (first?.kind === 'identifier' && !mode) {
    return t.error(first, 'Error parsing stack mode', { hints: [`modes: ${MODES.join(', ')}`] });
  }
  if (!mode && second) return t.error(call, `${call.name}() takes the mode first: ${call.name}(perf, 3)`);
  const limitNode = mode ? second : first;
  const limit = limitNode ? constantOf(limitNode, t) : BigInt(DEFAULT_LIMIT);
  if (typeof limit !== 'bigint') return t.error(call, `${call.name}: invalid limit value`);
  if (limit > MAX_LIMIT || limit < 1n) {
    return t.error(call, `${call.name}([int limit]): limit shouldn't exceed ${MAX_LIMIT}, ${limit} given`);
  }
  return stackType(space, mode ?? t.settings.stackMode, Number(limit), call, t);
}

/** FNV-1a over words: one multiplication a frame. */
const HASH_SEED = 0xcbf29ce484222325n;
const HASH_PRIME = 0x100000001b3n;

function capture(type: StackType, to: Address, l: Lowering, way: Way = 'frame pointers'): void {
  const { b } = l;
  const frameBytes = type.mode === 'build_id' ? 32 : 8;
  const size = type.limit * frameBytes;
  const map = l.output.stackMap(type).spec;
  b.zero(to, STACK_KEY.size);
  const frames = l.bytes('frames', size);
  const flags = type.space === 'user' ? USER_STACK | (type.mode === 'build_id' ? BUILD_ID : 0) : 0;
  const byPointers = (got?: Reg) =>
    b.helper('get_stack', [l.context!, pointerOf(frames, l), imm(size), imm(flags)], got);
  const got = way === 'tables' ? byTables(frames, size, byPointers, l) : byPointers();
  b.when('sgt', got, imm(0), () => {
    b.store(offsetBy(to, STACK_KEY.offsets.hash), 8, hash(frames, size, got, l));
    b.store(offsetBy(to, STACK_KEY.offsets.frames), 4, b.binary('udiv', got, imm(frameBytes)));
    if (type.space === 'user') {
      const ids = b.helper('get_current_pid_tgid', []);
      b.store(offsetBy(to, STACK_KEY.offsets.pid), 4, b.binary('ushr', ids, imm(32)));
    }
    keep(map, to, frames, l);
  });
}

/** The stack of a process that the tracer has no tables of is walked by frame pointers. */
function byTables(frames: Address, size: number, byPointers: (got: Reg) => void, l: Lowering): Reg {
  const { b } = l;
  b.zero(frames, size);
  const pid = b.binary('ushr', b.helper('get_current_pid_tgid', []), imm(32));
  const got = unwind(frames, size, pid, l);
  b.when('eq', got, imm(0), () => byPointers(got));
  return got;
}

/** A stack that is known needs no second copy. */
function keep(map: string, key: Address, frames: Address, l: Lowering): void {
  const found = l.b.helper('map_lookup_elem', [l.b.map(map), pointerOf(key, l)]);
  l.b.when('eq', found, imm(0), () => {
    l.b.helper('map_update_elem', [l.b.map(map), pointerOf(key, l), pointerOf(frames, l), imm(0)]);
  });
}

function hash(frames: Address, size: number, got: Operand, l: Lowering): Operand {
  const { b } = l;
  const result = b.mov(imm(BigInt.asIntN(64, HASH_SEED)));
  const at = b.mov(imm(0));
  const [head, inside, guarded, body, after] = [b.block(), b.block(), b.block(), b.block(), b.block()];
  const start = pointerOf(frames, l);
  b.jump(head);
  b.enter(head);
  b.branch('ult', at, got, inside, after);
  b.enter(inside);
  b.branch('ule', at, imm(size - 8), guarded, after);
  b.enter(guarded);
  b.guard(body, after);
  b.enter(body);
  const word = b.load(address(b.add(start, at)), 8);
  b.binary('mul', b.binary('xor', result, word), imm(HASH_PRIME), 64, result);
  b.add(at, imm(8), at);
  b.jump(head);
  b.enter(after);
  return result;
}

function captured(type: StackType, l: Lowering, way?: Way): Value {
  const slot = l.slot('stack', type);
  capture(type, slot, l, way);
  return inMemory(type, slot);
}

function builtin(space: Space): BuiltinRow {
  return {
    name: nameOf(space),
    signature: `${nameOf(space)}_t ${nameOf(space)}`,
    doc: `The ${space} stack, at most ${DEFAULT_LIMIT} frames.`,
    type: (t, node) => stackType(space, t.settings.stackMode, DEFAULT_LIMIT, node, t),
    lower: (l, node) => captured(l.typeOf(node) as StackType, l),
    into: (l, to, type) => capture(type as StackType, to, l),
  };
}

function fn(space: Space): FunctionRow {
  return {
    name: nameOf(space),
    signature: `${nameOf(space)}_t ${nameOf(space)}([mode,] [int limit])`,
    doc: `The ${space} stack; modes: bpftrace, perf, raw${space === 'user' ? ', build_id' : ''}.`,
    arguments: [0, 2],
    raw: (argument) => argument.kind === 'identifier',
    type: (call, t) => callType(space, call, t),
    lower: (call, l) => captured(l.typeOf(call) as StackType, l),
    into: (_call, to, type, l) => capture(type as StackType, to, l),
  };
}

const dwarfStack: FunctionRow = {
  name: 'dw_ustack',
  signature: 'ustack_t dw_ustack([mode,] [int limit])',
  doc: 'The user stack, walked by the unwind tables (.eh_frame) of the programs of -p, -c and --dwarf-pid, so that it needs no frame pointers; of other processes as ustack. x86-64; modes: bpftrace, perf, raw.',
  arguments: [0, 2],
  raw: (argument) => argument.kind === 'identifier',
  type(call, t) {
    const { arch, features } = t.script.host;
    if (arch === 'arm64') return t.error(call, 'dw_ustack() knows the registers of x86-64 only');
    if (features?.taskRegisters === false) return t.error(call, 'dw_ustack() needs Linux 5.15');
    const type = callType('user', call, t);
    return type?.mode === 'build_id' ? t.error(call, 'dw_ustack() has no build_id mode') : type;
  },
  lower: (call, l) => captured(l.typeOf(call) as StackType, l, 'tables'),
  into: (_call, to, type, l) => capture(type as StackType, to, l, 'tables'),
};

/** For records that carry their stack themselves. */
const readKstack: FunctionRow = {
  name: 'read_kstack',
  signature: 'int64 read_kstack(T *to)',
  doc: "Copies the kernel stack, the innermost address first, into a variable or a map's field. Gives the bytes written, or a negative error: in user mode there is none.",
  arguments: [1, 1],
  type(call, t) {
    const target = call.arguments[0] && t.typeOf(call.arguments[0]);
    if (!t.point) return t.error(call, 'read_kstack() is of the probe: a function has no stack of its own');
    if (target && (target.kind !== 'pointer' || target.space !== 'map')) {
      return t.error(
        call,
        `read_kstack() writes to a variable or a map's value: give its address, &$v (${typeName(target)} provided)`,
      );
    }
    return INT64;
  },
  lower(call, l) {
    const target = toScalar(l.value(call.arguments[0]!), l);
    const size = target.type.kind === 'pointer' ? sizeOfType(target.type.to) : 8;
    const pointer = target.operand.kind === 'reg' ? target.operand : l.b.mov(target.operand);
    const result = l.b.mov(imm(-14));
    l.b.when('ne', pointer, imm(0), () => {
      l.b.mov(l.b.helper('get_stack', [l.context!, pointer, imm(size), imm(0)]), result);
    });
    return scalar(INT64, result);
  },
};

export const STACK_BUILTINS: readonly BuiltinRow[] = [builtin('kernel'), builtin('user')];
export const STACK_FUNCTIONS: readonly FunctionRow[] = [fn('kernel'), fn('user'), dwarfStack, readKstack];
