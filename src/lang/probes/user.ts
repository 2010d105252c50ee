/** uprobe, uretprobe and usdt: code of programs and libraries. */
import { didYouMean } from '../diagnostics/index.ts';
import type { UsdtSite, UserFunction } from '../host.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { ExpandContext, PendingLink, ProbeKind, ProbePoint } from './kind.ts';
import { parseUsdtArguments } from './usdt-arguments.ts';
import { userArguments } from './user-arguments.ts';
import { isPattern, matcher } from './wildcard.ts';

export const uprobe: ProbeKind = {
  names: ['uprobe', 'u'],
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
  usage: ['uretprobe:BINARY:FUNCTION'],
  doc: 'Return of a function of a program or library; retval is what it returns.',
  space: 'user',
  expand: (point, context) => expandFunction(uretprobe, point, context),
};

export const usdt: ProbeKind = {
  names: ['usdt', 'U'],
  usage: ['usdt:BINARY:NAME', 'usdt:BINARY:PROVIDER:NAME'],
  doc: 'A static probe compiled into a program; arg0 … are what it passes.',
  space: 'user',
  expand: expandUsdt,
};

/** Files that the binary part names, or a diagnostic. */
function binariesOf(point: AttachPoint, context: ExpandContext): readonly string[] {
  const name = point.parts[1] ?? '';
  const found = context.host.binaries?.(name) ?? [name];
  if (found.length === 0)
    context.diagnostics.error(point.span, `uprobe target file '${name}' does not exist or is not executable`);
  return found;
}

function expandFunction(kind: ProbeKind, point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [provider = '', binary = '', ...rest] = point.parts;
  const target = rest.at(-1) ?? '';
  if (point.parts.length < 3 || binary === '' || target === '') {
    context.diagnostics.error(point.span, `${kind.names[0]} probe must have a binary and a function`, {
      hints: [`write ${provider}:BINARY:FUNCTION`],
    });
    return [];
  }
  return binariesOf(point, context).flatMap((file) =>
    rest[0] === '@' ? atLine(kind, point, file, rest.slice(1), context) : inBinary(kind, point, file, target, context),
  );
}

/** `BINARY@FILE:LINE[:COLUMN]`: where the first statement of the line begins. */
function atLine(
  kind: ProbeKind,
  point: AttachPoint,
  binary: string,
  [file = '', line = '', column]: readonly string[],
  context: ExpandContext,
): ProbePoint[] {
  const place = `${file}:${[line, column].filter(Boolean).join(':')}`;
  const places = context.host.debugInfo?.(binary)?.addressesOf(file, Number(line), Number(column ?? 0));
  const [address] = places?.addresses ?? [];
  if (address === undefined) {
    const near = places?.nearest.map(String).join(' and ');
    const hint = near ? `${file} has code in line ${near}` : places ? undefined : `${binary} has no debug information`;
    context.missing(point, `${kind.names[0]} ${binary}@${place}`, hint);
    return [];
  }
  const link = {
    kind: 'uprobe',
    at: { binary, address: BigInt(address) },
    atReturn: false,
    ...pidOf(context),
  } as const;
  const name = `${kind.names[0]}:${binary}@${place}`;
  return [
    {
      ...basePoint(kind, binary),
      ...entryValues(binary, address, place, context),
      name,
      program: 'kprobe',
      links: [link],
    },
  ];
}

const basePoint = (kind: ProbeKind, binary: string) =>
  ({ kind, how: 'attach', binary, func: 'instruction', context: 'pt_regs' }) as const;

/** What a function is called with; `address` is as linked. */
function entryValues(
  binary: string,
  address: number | undefined,
  name: string,
  { host, usesArgs }: ExpandContext,
): Pick<ProbePoint, 'argN' | 'args'> {
  const fn = usesArgs && address !== undefined ? host.debugInfo?.(binary)?.functionAt(address) : undefined;
  return {
    argN: { in: 'registers' },
    ...(fn && {
      args: userArguments(
        fn,
        `struct args_${binary}_${name}`.replaceAll(/[^\w ]/g, '_'),
        host.arch === 'arm64' ? 8 : 6,
      ),
    }),
  };
}

function inBinary(
  kind: ProbeKind,
  point: AttachPoint,
  binary: string,
  target: string,
  context: ExpandContext,
): ProbePoint[] {
  const atReturn = kind === uretprobe;
  const base = basePoint(kind, binary);
  const values = (name: string, address?: bigint) =>
    atReturn
      ? ({ retval: 'register' } as const)
      : entryValues(binary, address === undefined ? undefined : Number(address), name, context);
  const name = (symbol: string) => `${kind.names[0]}:${binary}:${symbol}`;
  if (/^(?:0x[\da-f]+|\d+)$/i.test(target)) {
    const link = { kind: 'uprobe', at: { binary, address: BigInt(target) }, atReturn, ...pidOf(context) } as const;
    return [{ ...base, ...values(target), name: name(target), program: 'kprobe', links: [link] }];
  }
  const { symbol, plus } = splitOffset(target);
  const functions = lookUp(point, binary, symbol, context);
  if (plus !== 0 || functions === undefined || context.host.features?.uprobeMulti === false) {
    return (functions ?? [{ name: symbol, address: undefined }]).map((fn): ProbePoint => {
      const at = { binary, symbol: fn.name, ...(plus !== 0 && { plus }) };
      const link = { kind: 'uprobe', at, atReturn, ...pidOf(context) } as const;
      return {
        ...base,
        ...values(fn.name, fn.address),
        name: name(plus ? target : fn.name),
        program: 'kprobe',
        links: [link],
      };
    });
  }
  return functions.map((fn): ProbePoint => {
    const link = { kind: 'uprobe_multi', binary, fileOffsets: [fn.fileOffset], atReturn, ...pidOf(context) } as const;
    return { ...base, ...values(fn.name, fn.address), name: name(fn.name), program: 'uprobe_multi', links: [link] };
  });
}

const pidOf = ({ pid }: ExpandContext): { pid?: number } => (pid === undefined ? {} : { pid });

function splitOffset(target: string): { symbol: string; plus: number } {
  const match = /^(.*?)\+(0x[\da-f]+|\d+)$/i.exec(target);
  return match ? { symbol: match[1]!, plus: Number(match[2]) } : { symbol: target, plus: 0 };
}

/** undefined when the host has no list of functions. */
function lookUp(
  point: AttachPoint,
  binary: string,
  symbol: string,
  context: ExpandContext,
): readonly UserFunction[] | undefined {
  const all = context.host.userFunctions?.(binary);
  if (all === undefined) return undefined;
  const found = all.filter((fn) => fn.name === symbol || (isPattern(symbol) && matcher(symbol)(fn.name)));
  if (found.length === 0) {
    const hint = didYouMean(
      symbol,
      all.map((fn) => fn.name),
    );
    context.missing(point, `${point.parts[0]?.startsWith('ur') ? 'uretprobe' : 'uprobe'} ${binary}:${symbol}`, hint);
  }
  return isPattern(symbol) ? uniqueAddresses(found) : found.slice(0, 1);
}

/** Aliases of one function would fire twice. */
function uniqueAddresses(functions: readonly UserFunction[]): UserFunction[] {
  const seen = new Map(functions.map((fn) => [fn.fileOffset, fn]));
  return [...seen.values()];
}

function expandUsdt(point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [, binary = '', ...rest] = point.parts;
  const name = rest.at(-1) ?? '';
  const provider = rest.length > 1 ? rest[0]! : '*';
  if (binary === '' || name === '') {
    context.diagnostics.error(
      point.span,
      'usdt probe must have a target: usdt:BINARY:NAME or usdt:BINARY:PROVIDER:NAME',
    );
    return [];
  }
  return binariesOf(point, context).flatMap((file) => {
    const groups = sitesOf(file, provider || '*', name, point, context);
    return groups.map((sites) => usdtPoint(file, sites, point, context));
  });
}

/** Sites by provider and name: a probe of one name may stand in several places. */
function sitesOf(
  binary: string,
  provider: string,
  name: string,
  point: AttachPoint,
  context: ExpandContext,
): UsdtSite[][] {
  const all = context.host.usdtSites?.(binary) ?? [];
  const isProvider = matcher(provider);
  const isName = matcher(name);
  const groups = new Map<string, UsdtSite[]>();
  for (const site of all) {
    if (!isProvider(site.provider) || !isName(site.name)) continue;
    const key = `${site.provider}:${site.name}`;
    groups.set(key, [...(groups.get(key) ?? []), site]);
  }
  if (groups.size === 0) {
    const names = all.map((site) => site.name);
    context.missing(point, `usdt ${binary}:${name}`, didYouMean(name, names));
  }
  return [...groups.values()];
}

function usdtPoint(binary: string, sites: readonly UsdtSite[], point: AttachPoint, context: ExpandContext): ProbePoint {
  const parsed = sites.map((site) => parseUsdtArguments(site.arguments));
  const unknown = sites.find((_, i) => parsed[i] === undefined);
  if (unknown) {
    context.diagnostics.warning(point.span, `arguments of ${unknown.name} cannot be read: "${unknown.arguments}"`);
  }
  const first = sites[0]!;
  const semaphores = sites.map((site) => site.semaphoreOffset ?? 0n);
  const link: PendingLink = {
    kind: 'uprobe_multi',
    binary,
    fileOffsets: sites.map((site) => site.fileOffset),
    ...(semaphores.some((offset) => offset !== 0n) && { semaphoreOffsets: semaphores }),
    cookies: sites.map((_, i) => BigInt(i)),
    atReturn: false,
    ...pidOf(context),
  };
  return {
    name: `usdt:${binary}:${first.provider}:${first.name}`,
    kind: usdt,
    program: 'uprobe_multi',
    how: 'attach',
    binary,
    func: 'instruction',
    links: [link],
    ...(!unknown && { argN: { in: 'usdt', sites: parsed as NonNullable<(typeof parsed)[number]>[] } }),
  };
}
