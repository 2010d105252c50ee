/** usdt: static probes that programs were built with. */
import { didYouMean } from '../diagnostics/index.ts';
import type { UsdtSite } from '../host.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import { binariesOf, listing, missingIn, pidOf } from './binaries.ts';
import type { ExpandContext, PendingLink, ProbeKind, ProbePoint } from './kind.ts';
import { parseUsdtArguments } from './usdt-arguments.ts';
import { matcher } from './wildcard.ts';

export const usdt: ProbeKind = {
  names: ['usdt', 'U'],
  counts: [2, 3],
  usage: ['usdt:BINARY:NAME', 'usdt:BINARY:PROVIDER:NAME'],
  doc: 'A static probe compiled into a program; arg0 … are what it passes.',
  space: 'user',
  expand: expandUsdt,
};

const BUILT_WITHOUT = 'it was built without static probes';

function expandUsdt(point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [, binary = '', ...rest] = point.parts;
  const name = rest.at(-1) ?? '';
  const provider = rest.length > 1 ? rest.at(-2)! : '*';
  if (name === '' || (binary === '' && context.pid === undefined)) {
    context.diagnostics.error(
      point.span,
      'usdt probe must have a target: usdt:BINARY:NAME or usdt:BINARY:PROVIDER:NAME',
    );
    return [];
  }
  const files = binariesOf(point, context);
  const groups = files.flatMap((file) =>
    sitesOf(file, provider || '*', name, context).map((sites) => ({ file, sites })),
  );
  if (groups.length === 0 && files.length > 0) {
    const names = files.flatMap((file) => (context.host.usdtSites?.(file) ?? []).map((site) => site.name));
    const hint = names.length === 0 ? BUILT_WITHOUT : (didYouMean(name, names) ?? listing('usdt', files));
    context.missing(point, `usdt ${missingIn(files, point)}:${rest.join(':')}`, hint);
  }
  return groups.map(({ file, sites }) => usdtPoint(file, sites, point, context));
}

/** Sites by provider and name: a probe of one name may stand in several places. */
function sitesOf(binary: string, provider: string, name: string, { host }: ExpandContext): UsdtSite[][] {
  const isProvider = matcher(provider);
  const isName = matcher(name);
  const groups = new Map<string, UsdtSite[]>();
  for (const site of host.usdtSites?.(binary) ?? []) {
    if (!isProvider(site.provider) || !isName(site.name)) continue;
    const key = `${site.provider}:${site.name}`;
    groups.set(key, [...(groups.get(key) ?? []), site]);
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
    ...(sites.length === 1 && { address: first.address }),
    func: 'instruction',
    links: [link],
    ...(!unknown && { argN: { in: 'usdt', sites: parsed as NonNullable<(typeof parsed)[number]>[] } }),
  };
}
