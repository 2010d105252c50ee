/** Hooks that a kernel may or may not have, tried by attaching. */
import { tmpdir } from 'node:os';
import { hasKernelBtf } from '../btf/index.ts';
import type { ProgramKind } from '../spec/index.ts';
import {
  closeFd,
  EBADF,
  linkKprobeMulti,
  linkPerfEvent,
  linkUprobeMulti,
  must,
  PERF_SOFTWARE,
  PERF_TYPE,
  perfEventOpen,
  tracefs,
} from '../sys/index.ts';
import type { FeatureRow, Verdict } from './feature.ts';
import { RETURN_0, TEST_FUNCTION, tryAttach, tryOut, verdictOf, withProgram } from './try.ts';

/** Uprobes on a directory: a kernel that knows them says EBADF, another that it does not understand. */
function tryUprobeMulti(kind: ProgramKind & `uprobe_${string}`): Promise<Verdict> {
  return tryOut(() =>
    withProgram({ kind }, RETURN_0, (program) => {
      const session = kind === 'uprobe_session';
      const result = linkUprobeMulti({ program: program.fd, path: tmpdir(), offsets: [0n], atReturn: false, session });
      if (result !== -EBADF) throw new Error(verdictOf(result) ?? 'a directory was accepted');
    }),
  );
}

function tryKprobeMulti(kind: 'kprobe_multi' | 'kprobe_session'): Promise<Verdict> {
  return tryOut(() =>
    withProgram({ kind }, RETURN_0, (program) => {
      const session = kind === 'kprobe_session';
      const multi = { program: program.fd, symbols: [TEST_FUNCTION], atReturn: false, session };
      const verdict = verdictOf(linkKprobeMulti(multi));
      if (verdict !== undefined) throw new Error(verdict);
    }),
  );
}

async function tryPerfLink(): Promise<Verdict> {
  return tryOut(() =>
    withProgram({ kind: 'perf_event' }, RETURN_0, (program) => {
      const attr = {
        type: PERF_TYPE.software,
        config: PERF_SOFTWARE.cpu_clock,
        sample_period: 1_000_000_000,
        flags: 1n,
      };
      const event = must(perfEventOpen(attr, 0, -1), 'opening the CPU clock');
      const verdict = verdictOf(linkPerfEvent(program.fd, event));
      closeFd(event);
      if (verdict !== undefined) throw new Error(verdict);
    }),
  );
}

const uprobeOnSelf = { kind: 'uprobe', program: 'feature', atReturn: false, pid: process.pid } as const;

export const HOOK_FEATURES = {
  btf: {
    title: 'the types of the kernel (BTF)',
    since: '5.4',
    without: 'no tp_btf, fentry, iterators, nor fields of kernel structures',
    probe: () => (hasKernelBtf() ? undefined : '/sys/kernel/btf/vmlinux is missing (CONFIG_DEBUG_INFO_BTF)'),
  },
  tracefs: {
    title: 'the tracing file system',
    since: '4.1',
    without: 'tracepoints cannot be listed or attached by name',
    probe: () => tryOut(() => tracefs()),
  },
  tracepoint: {
    title: 'tracepoints',
    since: '4.7',
    without: 'raw tracepoints in their place',
    probe: () =>
      tryAttach(
        { kind: 'tracepoint' },
        { kind: 'tracepoint', program: 'feature', category: 'sched', event: 'sched_process_exec' },
      ),
  },
  perf_link: {
    title: 'links to perf events, with cookies',
    since: '5.15',
    without: 'an ioctl attaches; one program a probe',
    probe: tryPerfLink,
  },
  raw_tracepoint: {
    title: 'raw tracepoints',
    since: '4.17',
    without: 'tracepoints in their place',
    probe: () =>
      tryAttach(
        { kind: 'raw_tracepoint' },
        { kind: 'raw_tracepoint', program: 'feature', event: 'sched_process_exec' },
      ),
  },
  tp_btf: {
    title: 'raw tracepoints with typed arguments',
    since: '5.5',
    without: 'fields are read through probe_read_kernel',
    probe: () => tryAttach({ kind: 'tp_btf', attachTo: 'sched_process_exec' }, { kind: 'tracing', program: 'feature' }),
  },
  fentry: {
    title: 'entry and exit of kernel functions (fentry, fexit)',
    since: '5.5',
    without: 'kprobes or tracepoints in their place',
    probe: () => tryAttach({ kind: 'fentry', attachTo: TEST_FUNCTION }, { kind: 'tracing', program: 'feature' }),
  },
  kprobe: {
    title: 'kprobes',
    since: '4.17',
    without: 'only functions with tracepoints can be watched in the kernel',
    probe: () =>
      tryAttach({ kind: 'kprobe' }, { kind: 'kprobe', program: 'feature', symbol: TEST_FUNCTION, atReturn: false }),
  },
  kprobe_multi: {
    title: 'many kprobes in one link',
    since: '5.18',
    without: 'one event a function: attaching hundreds takes seconds',
    probe: () => tryKprobeMulti('kprobe_multi'),
  },
  kprobe_session: {
    title: 'one program for entry and return of kernel functions',
    since: '6.10',
    without: 'two programs',
    probe: () => tryKprobeMulti('kprobe_session'),
  },
  uprobe: {
    title: 'uprobes',
    since: '4.17',
    without: 'functions of programs cannot be watched',
    probe: () => tryAttach({ kind: 'kprobe' }, { ...uprobeOnSelf, at: { binary: process.execPath, symbol: 'main' } }),
  },
  uprobe_multi: {
    title: 'many uprobes in one link',
    since: '6.6',
    without: 'one event a function: detaching takes 0.2 s each, and more than 200 are refused',
    probe: () => tryUprobeMulti('uprobe_multi'),
  },
  uprobe_session: {
    title: 'one program for entry and return of functions',
    since: '6.13',
    without: 'two programs',
    probe: () => tryUprobeMulti('uprobe_session'),
  },
  cpu_clock: {
    title: 'samples of the CPU clock',
    since: '4.9',
    without: 'no profiles',
    probe: () =>
      tryAttach(
        { kind: 'perf_event' },
        { kind: 'perf_event', program: 'feature', type: PERF_TYPE.software, config: 0n, frequency: 1 },
      ),
  },
  hardware_counters: {
    title: 'hardware counters (cycles, cache misses)',
    since: '4.9',
    without: 'the CPU clock in their place; virtual machines often have none',
    probe: () =>
      tryAttach(
        { kind: 'perf_event' },
        { kind: 'perf_event', program: 'feature', type: PERF_TYPE.hardware, config: 0n, period: 1_000_000_000n },
      ),
  },
  watchpoint: {
    title: 'watchpoints on data addresses',
    since: '4.9',
    without: 'watchpoints are refused',
    probe: () =>
      tryAttach(
        { kind: 'perf_event' },
        { kind: 'watchpoint', program: 'feature', address: 8n, length: 8, mode: 'w', pid: process.pid },
      ),
  },
  task_iterator: {
    title: 'iterators over tasks',
    since: '5.8',
    without: 'tasks are read from /proc',
    probe: () => tryAttach({ kind: 'iter', attachTo: 'task' }, { kind: 'iter', program: 'feature' }),
  },
} as const satisfies Record<string, FeatureRow>;
