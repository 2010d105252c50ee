/** Where a USDT probe's arguments are, from the text that the compiler left ("-4@%eax 8@-24(%rbp)"). */
import { type Arch, type RegisterPlace, registerPlace } from './registers.ts';

interface Common {
  /** Bytes. */
  readonly size: number;
  readonly signed: boolean;
  /** As the compiler wrote it. */
  readonly text: string;
}

export interface ConstArgument extends Common {
  readonly kind: 'const';
  readonly value: bigint;
}

export interface RegisterArgument extends Common {
  readonly kind: 'reg';
  readonly reg: RegisterPlace;
}

/** In memory at base + index * scale + disp. */
export interface MemoryArgument extends Common {
  readonly kind: 'mem';
  readonly base?: RegisterPlace;
  readonly index?: RegisterPlace;
  readonly scale: number;
  readonly disp: number;
}

/** What a probe cannot reach: a vector register, an address relative to a symbol. */
export interface UnknownArgument extends Common {
  readonly kind: 'unknown';
  readonly reason: string;
}

export type UsdtArgument = ConstArgument | RegisterArgument | MemoryArgument | UnknownArgument;

/** What an operand says apart from its size. */
type Operand =
  | Pick<ConstArgument, 'kind' | 'value'>
  | Pick<RegisterArgument, 'kind' | 'reg'>
  | Pick<MemoryArgument, 'kind' | 'base' | 'index' | 'scale' | 'disp'>
  | Pick<UnknownArgument, 'kind' | 'reason'>;

/** More than any compiler writes: 12 arguments are possible, of some 30 characters. */
const MAX_ARGUMENTS = 64;
const MAX_TEXT = 4096;

/** What an argument that names a variable ("40+CheckpointStats(%rip)") needs to know. */
export interface UsdtContext {
  /** Address of the probe, as linked: there the program counter is when the probe fires. */
  readonly address: number;
  symbolAddress(name: string): number | undefined;
}

export function parseUsdtArguments(text: string, arch: Arch, context?: UsdtContext): UsdtArgument[] {
  // Blanks separate arguments, but also stand inside of arm64's brackets: [sp, 8].
  const parts = text.slice(0, MAX_TEXT).match(/(?:\[[^\]]*\]|[^\s[])+/g) ?? [];
  return parts.slice(0, MAX_ARGUMENTS).map((part) => parseArgument(part, arch, context));
}

/** `[-]N[f]@operand`; the size is missing in what very old headers wrote. */
function parseArgument(text: string, arch: Arch, context: UsdtContext | undefined): UsdtArgument {
  const match = /^(?:(-)?([1248])(f)?@)?(.+)$/s.exec(text);
  if (match === null) return { kind: 'unknown', size: 8, signed: false, text, reason: 'not understood' };
  const operand = arch === 'x86_64' ? parseX86(match[4]!, context) : parseArm64(match[4]!);
  const size = match[2] ? Number(match[2]) : operand.kind === 'reg' ? operand.reg.size : 8;
  const common = { size, signed: match[1] !== undefined, text };
  if (match[3]) return { ...common, kind: 'unknown', reason: 'a floating-point value' };
  return { ...common, ...operand };
}

/** `$5`, `%rax`, `disp(%base,%index,scale)` with every part optional. */
function parseX86(text: string, context: UsdtContext | undefined): Operand {
  if (text.startsWith('$')) return constant(text.slice(1));
  if (text.startsWith('%')) return registerOperand('x86_64', text.slice(1));
  const match = /^([^()]*)\((?:%(\w+))?(?:,%(\w+)(?:,([1248]))?)?\)$/.exec(text);
  if (match === null) return { kind: 'unknown', reason: 'not understood' };
  if (match[2] === 'rip') return variable(match[1]!, context);
  const disp = sum(match[1]!);
  if (disp === undefined) return { kind: 'unknown', reason: `"${match[1]}" is not a number` };
  return memory('x86_64', match[2], match[3], Number(match[4] ?? 1), disp);
}

/** `NBuffers`, `40+CheckpointStats`: found from the program counter, whatever address the program is loaded at. */
function variable(text: string, context: UsdtContext | undefined): Operand {
  const match = /^([-+]?\d+\+)?([A-Za-z_][\w.$]*)([-+]\d+)?$/.exec(text);
  const address = match ? context?.symbolAddress(match[2]!) : undefined;
  if (match === null || address === undefined)
    return { kind: 'unknown', reason: `"${text}" is not in the symbol table` };
  const added = Number.parseInt(match[1] ?? '0', 10) + Number(match[3] ?? 0);
  return memory('x86_64', 'rip', undefined, 1, address + added - context!.address);
}

/** `5`, `x0`, `[sp]`, `[x0, 8]`, `[x0, x1]`, `[x0, x1, lsl 3]`. */
function parseArm64(text: string): Operand {
  if (/^[-+]?\d/.test(text)) return constant(text);
  if (!text.startsWith('[')) return registerOperand('arm64', text);
  const match = /^\[\s*(\w+)\s*(?:,\s*(.*?)\s*)?\]$/.exec(text);
  if (match === null) return { kind: 'unknown', reason: 'not understood' };
  const second = match[2];
  if (second === undefined) return memory('arm64', match[1], undefined, 1, 0);
  const disp = sum(second.replace(/^#/, ''));
  if (disp !== undefined) return memory('arm64', match[1], undefined, 1, disp);
  const index = /^(x\d+)(?:,\s*lsl\s*#?([0-3]))?$/.exec(second);
  if (index === null) return { kind: 'unknown', reason: 'not understood' };
  return memory('arm64', match[1], index[1], 1 << Number(index[2] ?? 0), 0);
}

function constant(text: string): Operand {
  if (!/^-?(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) return { kind: 'unknown', reason: `"${text}" is not a number` };
  return { kind: 'const', value: text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text) };
}

function registerOperand(arch: Arch, name: string): Operand {
  const reg = registerPlace(arch, name);
  return reg ? { kind: 'reg', reg } : { kind: 'unknown', reason: `probes do not see the register ${name}` };
}

function memory(arch: Arch, base: string | undefined, index: string | undefined, scale: number, disp: number): Operand {
  const basePlace = base === undefined ? undefined : registerPlace(arch, base);
  const indexPlace = index === undefined ? undefined : registerPlace(arch, index);
  if ((base && !basePlace) || (index && !indexPlace)) return { kind: 'unknown', reason: 'not a general register' };
  return {
    kind: 'mem',
    ...(basePlace && { base: basePlace }),
    ...(indexPlace && { index: indexPlace }),
    scale,
    disp,
  };
}

/** A sum of plain numbers, as assemblers leave them: "", "-20", "16+8". */
function sum(text: string): number | undefined {
  if (!/^([-+]?\d{1,10}([-+]\d{1,10})*)?$/.test(text)) return undefined;
  return (text.match(/[-+]?\d+/g) ?? []).reduce((total, term) => total + Number(term), 0);
}
