/** rate_limit(): lets the first few of each second through, and counts the others. */
import { address, imm, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { offsetBy, scalar } from '../lower/value.ts';
import { RATE_LIMIT, SYSTEM_MAPS } from '../script.ts';
import { BOOL } from '../types/type.ts';
import { numberArgument } from './text-argument.ts';

const SECOND = 1_000_000_000;
const MOST = 1n << 31n;

/**
 * One word has the second in its upper half and how many asked in it in the lower one, so that each gets a number of its
 * own without a lock: whoever finds an older second begins the next with number 0, the others add one.
 */
function takeNumber(l: Lowering, word: ReturnType<typeof address>, second: Reg): Reg {
  const { b } = l;
  const before = b.load(word, 8);
  const number = b.mov(imm(0));
  const add = () => {
    const old = b.reg();
    b.atomic('add', word, 8, b.mov(imm(1)), { fetch: old });
    b.extend(old, 4, false, number);
  };
  b.when('eq', b.binary('ushr', before, imm(32)), second, add, () => {
    const next = b.add(b.binary('shl', second, imm(32)), imm(1));
    const found = b.reg();
    b.atomic('cmpxchg', word, 8, next, { fetch: found, expected: before });
    b.when('ne', found, before, add);
  });
  return number;
}

const rateLimit: FunctionRow = {
  name: 'rate_limit',
  signature: 'bool rate_limit(const int per_second)',
  doc: 'True for the first so many of each second, on all CPUs together: /rate_limit(100)/. How many were left out is said at the end (Linux 5.12).',
  arguments: [1, 1],
  type(call, t) {
    const most = numberArgument(call, 0, t);
    if (most === undefined) return undefined;
    if (t.script.host.features?.taskStorage === false) return t.error(call, 'rate_limit() needs Linux 5.12');
    if (most < 1n || most >= MOST) return t.error(call, `rate_limit() expects 1 to ${MOST - 1n} a second`);
    return BOOL;
  },
  lower(call, l) {
    const most = Number(l.constant(call.arguments[0]!));
    const { b } = l;
    const at = address(b.mapValue(SYSTEM_MAPS.limits), l.output.limit(call.span, most) * RATE_LIMIT.size);
    const second = b.binary('udiv', b.helper('ktime_get_ns', []), imm(SECOND));
    const number = takeNumber(l, offsetBy(at, RATE_LIMIT.offsets.word), second);
    const passes = b.mov(imm(1));
    b.when('uge', number, imm(most), () => {
      b.atomic('add', offsetBy(at, RATE_LIMIT.offsets.leftOut), 8, b.mov(imm(1)));
      b.mov(imm(0), passes);
    });
    return scalar(BOOL, passes);
  },
};

export const RATE_LIMITS: readonly FunctionRow[] = [rateLimit];
