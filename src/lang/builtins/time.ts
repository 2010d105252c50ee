/** Builtins and functions about time. */
import type { Operand } from '../ir/index.ts';
import { emitEvent } from '../lower/events.ts';
import type { Lowering } from '../lower/lowering.ts';
import { toScalar } from '../lower/memory.ts';
import type { BuiltinRow, FunctionRow } from '../lower/rows.ts';
import { inMemory, NO_VALUE, scalar } from '../lower/value.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { type ClockMode, type Type, UINT64, VOID } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { knownText, textArgument } from './text-argument.ts';

const CLOCKS: Readonly<Record<Exclude<ClockMode, 'sw_tai'>, string>> = {
  monotonic: 'ktime_get_ns',
  boot: 'ktime_get_boot_ns',
  tai: 'ktime_get_tai_ns',
};

/** sw_tai is TAI as it was when the script started: kernels before 6.1 have no helper for it. */
export function readClock(clock: ClockMode, l: Lowering): Operand {
  if (clock !== 'sw_tai') return l.b.helper(CLOCKS[clock], []);
  return l.b.add(l.b.helper(CLOCKS.boot, []), l.b.load(l.global('taiOffset'), 8));
}

const isClock = (name: string): name is ClockMode => name in CLOCKS || name === 'sw_tai';

const nameOf = (node: Expression): string => ('name' in node ? String(node.name) : node.kind);

/** `nsecs(monotonic)`: the clock is a bare word. */
function clockOf(node: Expression | undefined): ClockMode | undefined {
  if (!node) return 'boot';
  if (node.kind === 'builtin' && node.name === 'nsecs') return 'boot';
  if (node.kind === 'call' && node.name === 'nsecs') return clockOf(node.arguments[0]);
  return node.kind === 'identifier' && isClock(node.name) ? node.name : undefined;
}

export const TIME_BUILTINS: readonly BuiltinRow[] = [
  {
    name: 'nsecs',
    signature: 'uint64 nsecs',
    doc: 'Nanoseconds since boot, time asleep included.',
    type: () => UINT64,
    lower: (l) => scalar(UINT64, readClock('boot', l)),
  },
  {
    name: 'elapsed',
    signature: 'uint64 elapsed',
    doc: 'Nanoseconds since the script started.',
    type: () => UINT64,
    lower(l) {
      const start = l.b.load(l.global('start'), 8);
      return scalar(UINT64, l.b.sub(readClock('boot', l), start));
    },
  },
  {
    name: 'jiffies',
    signature: 'uint64 jiffies',
    doc: "The kernel's own clock ticks.",
    type: () => UINT64,
    lower: (l) => scalar(UINT64, l.b.helper('jiffies64', [])),
  },
];

export const TIME_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: 'nsecs',
    signature: 'uint64 nsecs([monotonic|boot|tai|sw_tai])',
    doc: 'Nanoseconds of the named clock.',
    arguments: [0, 1],
    raw: (argument) => argument.kind === 'identifier',
    type(call, t) {
      const [mode] = call.arguments;
      if (mode && !clockOf(mode))
        return t.error(mode, `Invalid timestamp mode: ${nameOf(mode)}`, { hints: ['monotonic, boot, tai, sw_tai'] });
      return UINT64;
    },
    lower: (call, l) => scalar(UINT64, readClock(clockOf(call.arguments[0]) ?? 'boot', l)),
  },
  {
    name: 'strftime',
    signature: 'timestamp strftime(const string format, uint64 nsecs)',
    doc: 'Formats a time of nsecs() when it is printed; %f gives microseconds.',
    arguments: [2, 2],
    type: timestamp,
    lower(call, l) {
      const type = l.typeOf(call);
      const slot = l.slot('timestamp', type);
      l.b.store(slot, 8, toScalar(l.value(call.arguments[1]!), l).operand);
      return inMemory(type, slot);
    },
  },
  {
    name: 'time',
    signature: 'void time([const string format])',
    doc: 'Prints the time; "%H:%M:%S\\n" when no format is given.',
    arguments: [0, 1],
    async: true,
    type(call, t) {
      if (call.arguments[0]) textArgument(call, 0, t);
      return VOID;
    },
    lower(call, l) {
      const format = knownText(call.arguments[0], l) ?? '%H:%M:%S\n';
      emitEvent({ kind: 'time', format }, [], call.span, l);
      return NO_VALUE;
    },
  },
];

function timestamp(call: Call, t: Typing): Type | undefined {
  const format = textArgument(call, 0, t);
  const clock = clockOf(call.arguments[1]) ?? 'boot';
  if (clock === 'monotonic') return t.error(call, 'strftime() can not take a monotonic timestamp');
  const time = t.typeOf(call.arguments[1]!);
  if (time && time.kind !== 'int') t.error(call, `strftime() only supports int arguments (${time.kind} provided)`);
  return format === undefined ? undefined : { kind: 'timestamp', clock, format };
}
