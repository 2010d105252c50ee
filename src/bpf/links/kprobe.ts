/** Kprobes: one link for many functions (kprobe_multi, Linux 5.18), else a perf event a function. */
import { PebbleError } from '../../base/errors.ts';
import { scratch } from '../../native/index.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { EILSEQ, EINVAL, ENOENT, ESRCH, KernelError, linkKprobeMulti } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, attachToEvents, eventSourceType, openEvent } from './perf.ts';

interface Functions {
  readonly symbols: readonly string[];
  readonly plus?: number;
  readonly atReturn: boolean;
  readonly cookies?: readonly bigint[];
}

export function attachKprobe(spec: LinkSpec & { readonly kind: 'kprobe' }, program: Program): Link {
  const { atReturn, cookie } = spec;
  const kind = atReturn ? 'kretprobe' : 'kprobe';
  if ('address' in spec) return attachAt(spec, program, `attaching ${kind}:${spec.address}`);
  const doing = `attaching ${kind}:${spec.symbol}`;
  const { symbol, plus } = spec;
  const functions: Functions = {
    symbols: [symbol],
    atReturn,
    ...(plus !== undefined && { plus }),
    ...(cookie !== undefined && { cookies: [cookie] }),
  };
  return attachFunctions(spec, functions, program, doing);
}

export function attachKprobeMulti(spec: LinkSpec & { readonly kind: 'kprobe_multi' }, program: Program): Link {
  return attachFunctions(spec, spec, program, `attaching ${spec.symbols.length} kprobes`);
}

function attachFunctions(spec: LinkSpec, functions: Functions, program: Program, doing: string): Link {
  const head = { kind: spec.kind, program: spec.program };
  const session = program.kind === 'kprobe_session';
  // kprobe_multi knows only the start of functions.
  const multi = (program.kind === 'kprobe_multi' || session) && !functions.plus;
  const tried = multi ? linkKprobeMulti({ ...functions, program: program.fd, session }) : undefined;
  if (tried !== undefined && tried >= 0) return new Link({ ...head, strategy: 'kprobe_multi', fds: [tried] });
  if (session)
    throw new KernelError(-tried!, doing, -tried! === EINVAL ? 'kprobe sessions came with Linux 6.10' : undefined);
  // A program for many functions finds no function's address where it is called for one (kernel/trace/bpf_trace.c).
  if (tried !== undefined && functions.atReturn && (tried === -ESRCH || tried === -ENOENT))
    throw new KernelError(-tried, doing, 'one of them cannot be probed: narrow the pattern');
  return new Link({ ...head, ...attachSingles(functions, program, doing) });
}

function attachAt(
  spec: LinkSpec & { readonly kind: 'kprobe'; readonly address: bigint },
  program: Program,
  doing: string,
): Link {
  const { kind, address, atReturn, cookie } = spec;
  const event = openKprobe(typeOfEvent(doing), { address, atReturn }, doing);
  return new Link({ kind, program: spec.program, ...attachToEvent(program.fd, event, cookie, doing) });
}

function typeOfEvent(doing: string): number {
  const type = eventSourceType('kprobe');
  if (type !== undefined) return type;
  throw new PebbleError('unsupported', {
    doing,
    what: 'this kernel has no kprobes (CONFIG_KPROBE_EVENTS)',
    hint: 'use a tracepoint, or fentry',
  });
}

function attachSingles(functions: Functions, program: Program, doing: string) {
  const type = typeOfEvent(doing);
  return attachToEvents(
    functions.symbols.map((symbol, index) => ({ symbol, cookie: functions.cookies?.[index] })),
    ({ symbol, cookie }) => {
      const { atReturn, plus = 0 } = functions;
      return attachToEvent(program.fd, openKprobe(type, { symbol, plus, atReturn }, doing), cookie, doing);
    },
  );
}

/** As bpftrace says it. */
const INSIDE = 'Possible attachment attempt in the middle of an instruction, try a different offset.';

type Place = ({ readonly symbol: string; readonly plus: number } | { readonly address: bigint }) & {
  readonly atReturn: boolean;
};

function openKprobe(type: number, place: Place, doing: string): number {
  return scratch((arena) => {
    const [name, offset] = 'address' in place ? [0n, place.address] : [arena.text(place.symbol), place.plus];
    const attr = { type, config: place.atReturn ? 1n : 0n, config1: name, config2: offset, sample_period: 1n };
    try {
      return openEvent(attr, -1, 0, doing);
    } catch (error) {
      if (error instanceof KernelError && error.errno === EILSEQ) throw new PebbleError('no-target', { what: INSIDE });
      const unknown = error instanceof KernelError && (error.errno === ENOENT || error.errno === EINVAL);
      if (!unknown) throw error;
      const what = 'address' in place ? `instruction at ${place.address}` : `function ${place.symbol}`;
      throw new KernelError(
        error.errno,
        doing,
        `no ${what} that can be probed: see /proc/kallsyms and kprobes/blacklist`,
      );
    }
  });
}
