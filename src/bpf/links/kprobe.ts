/** Kprobes: one link for many functions (kprobe_multi, Linux 5.18), else a perf event a function. */
import { PebbleError } from '../../base/errors.ts';
import { scratch } from '../../native/index.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { EINVAL, ENOENT, KernelError, linkKprobeMulti } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, attachToEvents, eventSourceType, openEvent } from './perf.ts';

interface Functions {
  readonly symbols: readonly string[];
  readonly plus?: number;
  readonly atReturn: boolean;
  readonly cookies?: readonly bigint[];
}

export function attachKprobe(spec: LinkSpec & { readonly kind: 'kprobe' }, program: Program): Link {
  const doing = `attaching ${spec.atReturn ? 'kretprobe' : 'kprobe'}:${spec.symbol}`;
  const { symbol, atReturn, plus, cookie } = spec;
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
  if (session) throw new KernelError(-tried!, doing, 'kprobe sessions came with Linux 6.10');
  return new Link({ ...head, ...attachSingles(functions, program, doing) });
}

function attachSingles(functions: Functions, program: Program, doing: string) {
  const type = eventSourceType('kprobe');
  if (type === undefined) {
    throw new PebbleError('unsupported', {
      doing,
      what: 'this kernel has no kprobes (CONFIG_KPROBE_EVENTS)',
      hint: 'use a tracepoint, or fentry',
    });
  }
  return attachToEvents(
    functions.symbols.map((symbol, index) => ({ symbol, cookie: functions.cookies?.[index] })),
    ({ symbol, cookie }) => attachToEvent(program.fd, openKprobe(type, symbol, functions, doing), cookie, doing),
  );
}

function openKprobe(type: number, symbol: string, { atReturn, plus }: Functions, doing: string): number {
  return scratch((arena) => {
    const attr = {
      type,
      config: atReturn ? 1n : 0n,
      config1: arena.text(symbol),
      config2: plus ?? 0,
      sample_period: 1n,
    };
    try {
      return openEvent(attr, -1, 0, doing);
    } catch (error) {
      const unknown = error instanceof KernelError && (error.errno === ENOENT || error.errno === EINVAL);
      if (!unknown) throw error;
      throw new KernelError(
        error.errno,
        doing,
        `no function ${symbol} that can be probed: see /proc/kallsyms and kprobes/blacklist`,
      );
    }
  });
}
