/** Reads the argument part of a USDT note: `-4@%edi 8@-16(%rbp) 1@$7 8@sym+8(%rip)` (x86-64 and AArch64). */

export interface UsdtArgument {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly place:
    | { readonly in: 'constant'; readonly value: bigint }
    | { readonly in: 'register'; readonly register: string }
    /** Memory of the traced process at base + index * scale + offset. */
    | {
        readonly in: 'memory';
        readonly base: string;
        readonly index?: string;
        readonly scale: number;
        readonly offset: bigint;
      };
}

const X86 = /^%(\w+)$/;
const X86_MEMORY = /^([-+\w]*)\(%(\w+)(?:,%(\w+)(?:,(\d+))?)?\)$/;
const ARM_MEMORY = /^\[(\w+)(?:,\s*(-?\w+))?\]$/;

/** undefined where one of them is of a form that is not known. */
export function parseUsdtArguments(text: string): UsdtArgument[] | undefined {
  const found: UsdtArgument[] = [];
  for (const word of text.match(/(?:-?\d+f?@)?(?:\[[^\]]*\]|\S)+/g) ?? []) {
    const argument = parseOne(word);
    if (argument === undefined) return undefined;
    found.push(argument);
  }
  return found;
}

function parseOne(word: string): UsdtArgument | undefined {
  const match = /^(?:(-?\d+)f?@)?(.+)$/.exec(word);
  if (!match) return undefined;
  const size = Number(match[1] ?? '8');
  const bytes = Math.abs(size);
  if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) return undefined;
  const place = parsePlace(match[2]!);
  if (place?.in === 'constant') return { size: bytes, signed: size < 0, place: constant(place.value, bytes, size < 0) };
  return place && { size: bytes, signed: size < 0, place };
}

/** As wide as it is passed. */
function constant(value: bigint, bytes: number, signed: boolean): UsdtArgument['place'] {
  return { in: 'constant', value: (signed || bytes === 8 ? BigInt.asIntN : BigInt.asUintN)(bytes * 8, value) };
}

function parsePlace(text: string): UsdtArgument['place'] | undefined {
  const constant = /^\$?(-?(?:0x[\da-f]+|\d+))$/i.exec(text);
  if (constant) return { in: 'constant', value: integer(constant[1]!) };
  const register = X86.exec(text) ?? /^([xw]\d+|sp)$/.exec(text);
  if (register) return { in: 'register', register: register[1]! };
  const memory = X86_MEMORY.exec(text);
  if (memory) {
    const offset = memory[1] === '' ? 0n : integer(memory[1]!);
    if (offset === undefined) return undefined;
    return {
      in: 'memory',
      base: memory[2]!,
      offset,
      scale: Number(memory[4] ?? '1'),
      ...(memory[3] && { index: memory[3] }),
    };
  }
  const arm = ARM_MEMORY.exec(text);
  if (!arm) return undefined;
  return { in: 'memory', base: arm[1]!, offset: arm[2] ? integer(arm[2]) : 0n, scale: 1 };
}

function integer(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace(/^\+/, ''));
}
