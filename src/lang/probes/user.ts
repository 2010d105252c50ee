/** uprobe and uretprobe: functions, addresses and source lines of programs and libraries. */
import { didYouMean } from '../diagnostics/index.ts';
import type { UserFunction } from '../host.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import { isAddress, splitOffset } from './address.ts';
import { binariesOf, listing, missingIn, pidOf } from './binaries.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';
import { userArguments } from './user-arguments.ts';
import { isPattern, matcher } from './wildcard.ts';

export const uprobe: ProbeKind = {
  names: ['uprobe', 'u'],
  counts: [2, 3],
  usage: [
    'uprobe:BINARY:FUNCTION',
    'uprobe:BINARY:FUNCTION+OFFSET',
    'uprobe:BINARY:0xADDRESS',
    'uprobe:BINARY@FILE:LINE',
  ],
  doc: 'Entry of a function of a program or library; arg0 … are its arguments.',
  space: 'user',
  expand: (point, context) => expandFunction(uprobe, point, context),
};

export const uretprobe: ProbeKind = {
  names: ['uretprobe', 'ur'],
  counts: [2, 3],
  usage: ['uretprobe:BINARY:FUNCTION'],
  doc: 'Return of a function of a program or library; retval is what it returns.',
  space: 'user',
  expand: (point, context) => expandFunction(uretprobe, point, context),
};

/** Registers that carry arguments. */
const ARGUMENT_REGISTERS = { x64: 6, arm64: 8 } as const;

function expandFunction(kind: ProbeKind, point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [provider = '', binary = '', ...rest] = point.parts;
  const target = rest.at(-1) ?? '';
  if (binary === '' && rest[0] === '@' && context.pid === undefined) {
    context.diagnostics.error(point.span, 'Unspecified target binary, cannot attach by source code location.');
    return [];
  }
  if (point.parts.length < 3 || target === '' || (binary === '' && context.pid === undefined)) {
    context.diagnostics.error(point.span, `${kind.names[0]} probe must have a binary and a function`, {
      hints: [`write ${provider}:BINARY:FUNCTION`],
    });
    return [];
  }
  const wrong = misplaced(kind, binary, rest);
  if (wrong !== undefined) {
    context.diagnostics.error(point.span, wrong);
    return [];
  }
  if (rest[0] === '@') return atLine(kind, point, rest.slice(1), context);
  if (isAddress(target)) return binariesAt(point, context).flatMap((file) => atAddress(kind, file, target, context));
  return atFunctions(kind, point, target, context);
}

/** Whose symbols they are; all are found by their names as written and as demangled. */
const LANGUAGES = ['cpp'];

function misplaced(kind: ProbeKind, binary: string, rest: readonly string[]): string | undefined {
  const target = rest.at(-1) ?? '';
  if (rest[0] === '@') return isPattern(binary) ? 'Cannot use wildcards with source code location' : undefined;
  if (rest.length === 2 && !LANGUAGES.includes(rest[0]!)) return `unsupported language type: ${rest[0]}`;
  if (kind === uretprobe && splitOffset(target).plus !== undefined) return 'Offset not allowed';
  return isAddress(target) && isPattern(binary) ? 'Cannot use wildcards with absolute address' : undefined;
}

/** `BINARY@FILE:LINE[:COLUMN]`: where the first statement of the line begins. */
function atLine(
  kind: ProbeKind,
  point: AttachPoint,
  [file = '', line = '', column]: readonly string[],
  context: ExpandContext,
): ProbePoint[] {
  const place = `${file}:${[line, column].filter(Boolean).join(':')}`;
  const files = binariesOf(point, context);
  const found = files.flatMap((binary): ProbePoint[] => {
    const places = context.host.debugInfo?.(binary)?.addressesOf(file, Number(line), Number(column ?? 0));
    const [address] = places?.addresses ?? [];
    if (address === undefined) return [];
    const link = {
      kind: 'uprobe',
      at: { binary, address: BigInt(address) },
      atReturn: false,
      ...pidOf(context),
    } as const;
    const name = `${kind.names[0]}:${binary}@${place}`;
    return [
      {
        ...basePoint(kind, binary, BigInt(address)),
        ...entryValues(binary, BigInt(address), place, context),
        name,
        program: 'kprobe',
        links: [link],
      },
    ];
  });
  if (found.length === 0 && files.length > 0) {
    context.missing(
      point,
      `${kind.names[0]} ${missingIn(files, point)}@${place}`,
      lineHint(files[0]!, file, Number(line), context),
    );
  }
  return found;
}

function lineHint(binary: string, file: string, line: number, { host }: ExpandContext): string | undefined {
  const debug = host.debugInfo?.(binary);
  if (debug === undefined) return `${binary} has no debug information`;
  const near = debug.addressesOf(file, line, 0).nearest;
  return near.length > 0 ? `the nearest code in ${file} is in line ${near.join(' and ')}` : undefined;
}

const basePoint = (kind: ProbeKind, binary: string, address?: bigint) =>
  ({
    kind,
    how: 'attach',
    binary,
    func: kind === uretprobe ? 'attach' : 'instruction',
    context: 'pt_regs',
    ...(address !== undefined && { address }),
  }) as const;

/** What a function is called with; `address` is as linked. */
function entryValues(
  binary: string,
  address: bigint | undefined,
  name: string,
  { host, uses }: ExpandContext,
): Pick<ProbePoint, 'argN' | 'args'> {
  const fn =
    uses.has('args') && address !== undefined ? host.debugInfo?.(binary)?.functionAt(Number(address)) : undefined;
  const struct = `struct args_${binary}_${name}`.replaceAll(/[^\w ]/g, '_');
  return {
    argN: { in: 'registers' },
    ...(fn && { args: userArguments(fn, struct, ARGUMENT_REGISTERS[host.arch ?? 'x64']) }),
  };
}

/** With --unsafe also files that are no ELF: their addresses are offsets. */
function binariesAt(point: AttachPoint, context: ExpandContext): readonly string[] {
  const found = context.host.binaries?.(point.parts[1] ?? '') ?? [];
  return context.settings.unsafe && found.length === 0 ? [point.parts[1]!] : binariesOf(point, context);
}

function atAddress(kind: ProbeKind, binary: string, target: string, context: ExpandContext): ProbePoint[] {
  const address = BigInt(target);
  const atReturn = kind === uretprobe;
  const { unsafe } = context.settings;
  const fn = unsafe ? undefined : context.host.userFunctions?.(binary).find((one) => covers(one, address));
  if (fn === undefined && !unsafe && context.host.userFunctions) {
    context.diagnostics.error(undefined, `Could not resolve address: ${binary}:0x${address.toString(16)}`, {
      hints: ['no function is there; --unsafe attaches all the same'],
    });
    return [];
  }
  if (fn && !isBetweenInstructions(binary, fn, Number(address - fn.address), context)) return [];
  const values = atReturn ? ({ retval: 'register' } as const) : entryValues(binary, address, target, context);
  const isElf = (context.host.binaries?.(binary) ?? [binary]).length > 0;
  const point = { ...basePoint(kind, binary, address), ...values, name: `${kind.names[0]}:${binary}:${target}` };
  const how = { atReturn, ...pidOf(context) };
  if (isElf) return [{ ...point, program: 'kprobe', links: [{ kind: 'uprobe', at: { binary, address }, ...how }] }];
  const link = { kind: 'uprobe_multi', binary, fileOffsets: [address], ...how } as const;
  return [{ ...point, program: 'uprobe_multi', links: [link] }];
}

const covers = ({ address, size }: UserFunction, at: bigint): boolean => at >= address && at < address + BigInt(size);

const STRIPPED = 'it names no functions: install its debug symbols';
const STATIC = 'static functions have names where its debug symbols are installed';

function atFunctions(kind: ProbeKind, point: AttachPoint, target: string, context: ExpandContext): ProbePoint[] {
  const { symbol, plus = 0 } = splitOffset(target);
  const files = binariesOf(point, context);
  const accepts = isPattern(symbol) ? matcher(symbol) : (name: string) => name === symbol;
  const lists = files.map((file) => {
    const found = context.host.userFunctions?.(file).filter((fn) => accepts(fn.name));
    return { file, found: isPattern(symbol) ? found && uniqueAddresses(found) : found?.slice(0, 1) };
  });
  if (files.length > 0 && lists.every(({ found }) => found?.length === 0)) {
    const names = context.host.userFunctions?.(files[0]!).map((fn) => fn.name) ?? [];
    const hint =
      names.length === 0 ? STRIPPED : (didYouMean(symbol, names) ?? `${listing('uprobe', files)}; ${STATIC}`);
    context.missing(point, `${kind.names[0]} ${missingIn(files, point)}:${symbol}`, hint);
  }
  return lists.flatMap(({ file, found }) => {
    if (!isPattern(symbol) && found?.some((fn) => !isAllowed(file, fn, plus, context))) return [];
    return (found ?? [undefined]).map((fn) => functionPoint(kind, file, { symbol, plus }, fn, context));
  });
}

const ADVICE =
  'Use --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process.';

/** A trap in the middle of an instruction makes another one of it. */
function isBetweenInstructions(binary: string, fn: UserFunction, plus: number, context: ExpandContext): boolean {
  if (plus === 0 || context.host.beginsInstruction === undefined) return true;
  const begins = context.host.beginsInstruction(binary, fn, plus);
  if (begins) return true;
  const what =
    begins === undefined
      ? 'Failed to check if uprobe is in proper place'
      : 'Could not add uprobe into middle of instruction';
  context.diagnostics.error(undefined, `${what}: ${binary}:${fn.name}+${plus}\n${ADVICE}`);
  return false;
}

/** Code in the middle of an instruction, or of no function, must not be patched. */
function isAllowed(binary: string, fn: UserFunction, plus: number, context: ExpandContext): boolean {
  const { settings, diagnostics } = context;
  if (settings.unsafe) return true;
  if (fn.size === 0) {
    diagnostics.error(undefined, `Could not determine boundary for ${fn.name} (symbol has size 0).\n${ADVICE}`);
    return false;
  }
  if (plus < fn.size) return isBetweenInstructions(binary, fn, plus, context);
  diagnostics.error(undefined, `Offset outside the function bounds ('${fn.name}' size is ${fn.size})`);
  return false;
}

/** `fn`: absent when the host has no list of functions. */
function functionPoint(
  kind: ProbeKind,
  binary: string,
  { symbol, plus }: { readonly symbol: string; readonly plus: number },
  fn: UserFunction | undefined,
  context: ExpandContext,
): ProbePoint {
  const atReturn = kind === uretprobe;
  const own = fn?.name ?? symbol;
  const address = fn && fn.address + BigInt(plus);
  const common = {
    ...basePoint(kind, binary, address),
    ...(atReturn ? ({ retval: 'register' } as const) : entryValues(binary, address, own, context)),
    name: `${kind.names[0]}:${binary}:${plus ? `${own}+${plus}` : own}`,
  };
  if (plus !== 0 || fn === undefined || context.host.features?.uprobeMulti === false) {
    const at = { binary, symbol: own, ...(plus !== 0 && { plus }) };
    return { ...common, program: 'kprobe', links: [{ kind: 'uprobe', at, atReturn, ...pidOf(context) }] };
  }
  const link = { kind: 'uprobe_multi', binary, fileOffsets: [fn.fileOffset], atReturn, ...pidOf(context) } as const;
  return { ...common, program: 'uprobe_multi', links: [link] };
}

/** Aliases of one function would fire twice. */
function uniqueAddresses(functions: readonly UserFunction[]): UserFunction[] {
  const seen = new Map(functions.map((fn) => [fn.fileOffset, fn]));
  return [...seen.values()];
}
