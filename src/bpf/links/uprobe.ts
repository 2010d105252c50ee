/** Uprobes: one link for all sites (uprobe_multi, Linux 6.6), else a perf event a site. */
import { PebbleError } from '../../base/errors.ts';
import { scratch } from '../../native/index.ts';
import { Elf, usdtPlaces } from '../elf/index.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { EINVAL, ENOTSUPP, EOPNOTSUPP, KernelError, linkUprobeMulti } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, attachToEvents, eventSourceType, openEvent } from './perf.ts';
import { multiRisks, returnRisks } from './uprobe-risks.ts';
import { findSite, judgeSites } from './user-site.ts';

/** Detaching one takes some 170 ms: more than this would hang the end of a trace for half a minute. */
const MOST_PERF_SITES = 200;
const RETURN_BIT = 1n;
const SEMAPHORE_SHIFT = 32n;

interface Sites {
  readonly binary: string;
  readonly fileOffsets: readonly bigint[];
  readonly semaphoreOffsets?: readonly bigint[];
  readonly cookies?: readonly bigint[];
  readonly atReturn: boolean;
  readonly session?: boolean;
  readonly pid?: number;
  readonly warnings?: readonly string[];
}

export function attachUprobe(spec: LinkSpec & { readonly kind: 'uprobe' }, program: Program): Link {
  const { at } = spec;
  const place = at.symbol ?? `0x${(at.address ?? at.fileOffset ?? 0n).toString(16)}`;
  const doing = `attaching ${spec.atReturn ? 'uretprobe' : 'uprobe'}:${at.binary}:${place}`;
  const site = findSite(at, doing);
  const sites: Sites = {
    binary: at.binary,
    fileOffsets: [site.fileOffset],
    atReturn: spec.atReturn,
    warnings: site.warnings,
    ...(spec.cookie === undefined ? {} : { cookies: [spec.cookie] }),
    ...(spec.pid === undefined ? {} : { pid: spec.pid }),
  };
  return attachSites(spec, sites, program, doing);
}

export function attachUprobeMulti(spec: LinkSpec & { readonly kind: 'uprobe_multi' }, program: Program): Link {
  const sites = { ...spec, ...judgeSites(spec.binary, spec.fileOffsets) };
  return attachSites(spec, sites, program, `attaching ${spec.fileOffsets.length} uprobes in ${spec.binary}`);
}

export function attachUsdt(spec: LinkSpec & { readonly kind: 'usdt' }, program: Program): Link {
  const doing = `attaching usdt:${spec.binary}:${spec.provider}:${spec.name}`;
  const elf = Elf.open(spec.binary);
  try {
    const found = usdtPlaces(elf).filter((site) => site.provider === spec.provider && site.probe === spec.name);
    if (found.length === 0) {
      throw new PebbleError('no-target', {
        doing,
        what: 'the binary has no such probe',
        hint: `readelf -n ${spec.binary} lists its probes; some builds leave them out`,
      });
    }
    const sites: Sites = {
      binary: spec.binary,
      fileOffsets: found.map((site) => BigInt(site.fileOffset)),
      semaphoreOffsets: found.map((site) => BigInt(site.semaphore?.fileOffset ?? 0)),
      atReturn: false,
      ...(spec.cookie === undefined ? {} : { cookies: found.map(() => spec.cookie!) }),
      ...(spec.pid === undefined ? {} : { pid: spec.pid }),
    };
    return attachSites(spec, sites, program, doing);
  } finally {
    elf.close();
  }
}

function attachSites(spec: LinkSpec, sites: Sites, program: Program, doing: string): Link {
  const head = { kind: spec.kind, program: spec.program };
  const warnings = [...(sites.warnings ?? []), ...returnRisks(sites)];
  const multi = program.kind === 'uprobe_multi' || program.kind === 'uprobe_session';
  const tried = multi ? attachMulti(sites, program) : undefined;
  if (tried !== undefined && tried >= 0) {
    return new Link({ ...head, strategy: 'uprobe_multi', fds: [tried], warnings: [...warnings, ...multiRisks(sites)] });
  }
  if (program.kind === 'uprobe_session') {
    throw new KernelError(-tried!, doing, 'uprobe sessions came with Linux 6.13');
  }
  const attached = attachSingles(sites, program, doing);
  return new Link({ ...head, ...attached, warnings: [...warnings, ...attached.warnings] });
}

function attachMulti(sites: Sites, program: Program): number {
  const some = (offsets: readonly bigint[] | undefined) => offsets?.some((offset) => offset !== 0n) ?? false;
  return linkUprobeMulti({
    program: program.fd,
    path: sites.binary,
    offsets: sites.fileOffsets,
    atReturn: sites.atReturn,
    session: program.kind === 'uprobe_session',
    ...(some(sites.semaphoreOffsets) && { semaphoreOffsets: sites.semaphoreOffsets! }),
    ...(some(sites.cookies) && { cookies: sites.cookies! }),
    ...(sites.pid !== undefined && { pid: sites.pid }),
  });
}

function attachSingles(sites: Sites, program: Program, doing: string) {
  const type = eventSourceType('uprobe');
  if (type === undefined) {
    throw new PebbleError('unsupported', { doing, what: 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS)' });
  }
  if (sites.fileOffsets.length > MOST_PERF_SITES) {
    throw new PebbleError('unsupported', {
      doing,
      what: `without uprobe_multi (Linux 6.6) more than ${MOST_PERF_SITES} sites would take minutes to detach`,
      hint: 'choose fewer functions',
    });
  }
  return attachToEvents([...sites.fileOffsets.entries()], ([index, offset]) => {
    const event = openUprobe(type, sites, offset, sites.semaphoreOffsets?.[index] ?? 0n, doing);
    return attachToEvent(program.fd, event, sites.cookies?.[index], doing);
  });
}

function openUprobe(type: number, sites: Sites, offset: bigint, semaphore: bigint, doing: string): number {
  return scratch((arena) => {
    const attr = {
      type,
      config: (sites.atReturn ? RETURN_BIT : 0n) | (semaphore << SEMAPHORE_SHIFT),
      config1: arena.text(sites.binary),
      config2: offset,
      sample_period: 1n,
    };
    try {
      return openEvent(attr, sites.pid ?? -1, sites.pid === undefined ? 0 : -1, doing);
    } catch (error) {
      throw error instanceof KernelError ? explained(error, semaphore, doing) : error;
    }
  });
}

/** The kernel's errno says little about uprobes: these are its reasons (kernel/events/uprobes.c). */
function explained(error: KernelError, semaphore: bigint, doing: string): KernelError {
  if (error.errno === EINVAL && semaphore !== 0n) {
    return new KernelError(
      EINVAL,
      doing,
      'another tracer may hold this site without its semaphore: end it, or probe a function nearby',
    );
  }
  if (error.errno === ENOTSUPP || error.errno === EOPNOTSUPP) {
    return new KernelError(error.errno, doing, 'the instruction there cannot be probed: choose another offset');
  }
  return error;
}
