/** Functions about addresses: kptr, uptr, reg, kaddr, ksym, usym, and reading into records of one's own. */
import { address, imm } from '../ir/index.ts';
import { namedRegister } from '../lower/arguments.ts';
import { convert } from '../lower/convert.ts';
import type { Lowering } from '../lower/lowering.ts';
import { lengthOf, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { inMemory, offsetBy, scalar } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { sizeOfType, USYM } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import { INT64, type Type, typeName, UINT64 } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { knownText, textArgument } from './text-argument.ts';
import { uaddr } from './uaddr.ts';

function inSpace(name: 'kptr' | 'uptr', space: 'kernel' | 'user'): FunctionRow {
  return {
    name,
    signature: `T ${name}(T address)`,
    doc: `The same address, said to be of the ${space === 'user' ? "traced process's" : "kernel's"} memory.`,
    arguments: [1, 1],
    type(call, t) {
      const [value] = call.arguments;
      const type = value && t.typeOf(value);
      if (!type) return undefined;
      if (type.kind === 'pointer') return { kind: 'pointer', to: type.to, space };
      const number = integral(type);
      if (number) return { ...number, space };
      return t.error(call, `${name}() only supports integer or pointer arguments (${type.kind} provided)`);
    },
    lower: (call, l) => scalar(l.typeOf(call), toScalar(l.value(call.arguments[0]!), l).operand),
  };
}

const reg: FunctionRow = {
  name: 'reg',
  signature: 'uint64 reg(const string name)',
  doc: 'A register of the probed context: "ip", "sp", "ax" …',
  arguments: [1, 1],
  type(call, t) {
    textArgument(call, 0, t);
    const space = t.point?.kind.space;
    return { ...UINT64, ...(space === 'user' || space === 'kernel' ? { space } : {}) };
  },
  lower(call, l) {
    const name = knownText(call.arguments[0], l) ?? '';
    const value = namedRegister(name, l);
    if (!value) l.script.typing.diagnostics.error(call.span, `'${name}' is not a valid register on this architecture`);
    return scalar(l.typeOf(call), value ?? imm(0));
  },
};

const funcAddress: FunctionRow = {
  name: 'func_address',
  signature: 'uint64 func_address()',
  doc: 'Address of the function that is traced, also at its return (Linux 5.15; 6.6 in programs). 0 inside of it.',
  arguments: [0, 0],
  type(call, t) {
    const space = t.point?.kind.space;
    if (t.point?.func === undefined) return t.error(call, 'func_address() is for probes of functions');
    return { ...UINT64, ...(space === 'user' || space === 'kernel' ? { space } : {}) };
  },
  lower: (_, l) => scalar(UINT64, l.b.helper('get_func_ip', [l.context!])),
};

const kaddr: FunctionRow = {
  name: 'kaddr',
  signature: 'uint64 kaddr(const string name)',
  doc: 'Address of a kernel symbol, looked up when compiling.',
  arguments: [1, 1],
  type(call, t) {
    const name = textArgument(call, 0, t);
    if (name !== undefined && t.script.host.kernelSymbol?.(name) === undefined) {
      return t.error(call, `Failed to resolve kernel symbol: ${name}`);
    }
    return { ...UINT64, space: 'kernel' };
  },
  lower(call, l) {
    const found = l.script.typing.host.kernelSymbol?.(knownText(call.arguments[0], l) ?? '');
    return scalar(l.typeOf(call), imm(BigInt.asIntN(64, found ?? 0n)));
  },
};

const ksym: FunctionRow = {
  name: 'ksym',
  signature: 'ksym_t ksym(uint64 address)',
  doc: 'Name of the kernel function at the address, found when it is printed.',
  arguments: [1, 1],
  type: (call, t) => symbolType(call, t, { kind: 'ksym' }),
  lower: (call, l) => scalar({ kind: 'ksym' }, toScalar(l.value(call.arguments[0]!), l).operand),
};

const usym: FunctionRow = {
  name: 'usym',
  signature: 'usym_t usym(uint64 address)',
  doc: "Name of the current process's function at the address, found when it is printed.",
  arguments: [1, 1],
  type: (call, t) => symbolType(call, t, { kind: 'usym' }),
  lower(call, l) {
    const slot = l.slot('usym', { kind: 'usym' });
    writeUsym(slot, toScalar(l.value(call.arguments[0]!), l).operand, l);
    return inMemory({ kind: 'usym' }, slot);
  },
};

function symbolType(call: Call, t: Typing, type: Type): Type | undefined {
  const [value] = call.arguments;
  const given = value && t.typeOf(value);
  if (given && !integral(given) && given.kind !== 'pointer')
    return t.error(call, `${call.name}() expects an integer or pointer argument`);
  return type;
}

export function writeUsym(
  to: ReturnType<Lowering['slot']>,
  value: ReturnType<typeof toScalar>['operand'],
  l: Lowering,
): void {
  l.b.zero(to, USYM.size);
  l.b.store(offsetBy(to, USYM.offsets.address), 8, value);
  const ids = l.b.helper('get_current_pid_tgid', []);
  l.b.store(offsetBy(to, USYM.offsets.pid), 4, l.b.binary('ushr', ids, imm(32)));
}

/**
 * Reads a whole record, or a text: `read_user(&$record, address)` gives 0, `read_user_text(&$text, address)` the
 * bytes read with the NUL, either a negative error.
 */
function readInto(space: 'user' | 'kernel', what: 'bytes' | 'text'): FunctionRow {
  const name = `read_${space}${what === 'text' ? '_text' : ''}`;
  return {
    name,
    signature: `int64 ${name}(T *to, address, [int bytes])`,
    doc: `Copies ${space} memory${what === 'text' ? ' up to a NUL' : ''} into a variable or a map's field: ${what === 'text' ? 'at most ' : ''}the size of what \`to\` points to, or \`bytes\`. Gives ${what === 'text' ? 'the bytes read, with the NUL' : '0'}, or a negative error.`,
    arguments: [2, 3],
    type(call, t) {
      const [to, from] = call.arguments;
      const target = to && t.typeOf(to);
      const source = from && t.typeOf(from);
      if (target && (target.kind !== 'pointer' || target.space !== 'map')) {
        t.error(
          call,
          `${name}() writes to a variable or a map's value: give its address, &$v (${typeName(target)} provided)`,
        );
      }
      if (source && !integral(source) && source.kind !== 'pointer') {
        t.error(call, `${name}() reads from an address (${typeName(source)} provided)`);
      }
      return INT64;
    },
    lower(call, l) {
      const [to, from, bytes] = call.arguments;
      const target = toScalar(l.value(to!), l);
      const source = toScalar(l.value(from!), l).operand;
      const size = target.type.kind === 'pointer' ? sizeOfType(target.type.to) : 8;
      const count = bytes ? lengthOf(bytes, size, l) : imm(size);
      const result = l.b.mov(imm(-14));
      const pointer = target.operand.kind === 'reg' ? target.operand : l.b.mov(target.operand);
      l.b.when('ne', pointer, imm(0), () => {
        const helper = `probe_read_${space}${what === 'text' ? '_str' : ''}`;
        l.b.mov(l.b.helper(helper, [pointer, count, source]), result);
      });
      // An empty text of user memory has no length before Linux 6.16 (mm/maccess.c, strncpy_from_user_nofault).
      if (space === 'user' && what === 'text') {
        l.b.when('eq', result, imm(0), () => {
          l.b.when('ne', count, imm(0), () => l.b.mov(imm(1), result));
        });
      }
      return scalar(INT64, result);
    },
  };
}

/** Unaligned loads are for maps' values only: of the stack the verifier wants aligned ones. */
const wordIn: FunctionRow = {
  name: 'word_in',
  signature: 'uint64 word_in(uint8[] *bytes, uint64 index)',
  doc: "Eight bytes of an array in a map's value, from this index on, in the machine's order; 0 where they do not lie in it.",
  arguments: [2, 2],
  type(call, t) {
    const [bytes, index] = call.arguments;
    const array = bytes && t.typeOf(bytes);
    const isVariable = bytes?.kind === 'address-of' && bytes.of.kind === 'variable';
    if (array && (isVariable || array.kind !== 'pointer' || array.space !== 'map' || array.to.kind !== 'array')) {
      t.error(
        call,
        `word_in() reads an array in a map's value: give its address, &$p->bytes (${typeName(array)} provided)`,
      );
    }
    const type = index && t.typeOf(index);
    if (type && !integral(type)) t.error(call, `word_in() takes an integer as index (${typeName(type)} provided)`);
    return UINT64;
  },
  lower(call, l) {
    const [bytes, index] = call.arguments;
    const array = toScalar(l.value(bytes!), l);
    const base = array.operand.kind === 'reg' ? array.operand : l.b.mov(array.operand);
    const size = array.type.kind === 'pointer' ? sizeOfType(array.type.to) : 0;
    const at = l.b.mov(convert(toScalar(l.value(index!), l), UINT64, l).operand);
    const result = l.b.mov(imm(0));
    l.b.when('ne', base, imm(0), () =>
      l.b.when('ult', at, imm(Math.max(0, size - 7)), () => l.b.load(address(l.b.add(base, at)), 8, false, result)),
    );
    return scalar(UINT64, result);
  },
};

export const MEMORY: readonly FunctionRow[] = [
  funcAddress,
  inSpace('kptr', 'kernel'),
  inSpace('uptr', 'user'),
  reg,
  kaddr,
  uaddr,
  ksym,
  usym,
  wordIn,
  readInto('user', 'bytes'),
  readInto('user', 'text'),
  readInto('kernel', 'bytes'),
  readInto('kernel', 'text'),
];
