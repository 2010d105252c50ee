/** What programs may do in a kernel: instructions, helpers, kinds of calls. */
import { aluImm, aluReg, atomic, callReference, exit, jumpImm, mayGoto, signedDivide, storeImm } from '../asm/index.ts';
import { loadProgram } from '../programs/index.ts';
import { enableStats } from '../sys/index.ts';
import type { FeatureRow } from './feature.ts';
import { RETURN_0, tryHelper, tryOut, tryProgram, verdictOf } from './try.ts';

const SOME = 4100;

export const PROGRAM_FEATURES = {
  programs: {
    title: 'programs can be loaded',
    since: '4.17',
    without: 'nothing works',
    probe: () => tryProgram(RETURN_0),
  },
  large_programs: {
    title: 'more than 4096 instructions',
    since: '5.2',
    without: 'long scripts are refused',
    probe: () => tryProgram([...Array.from({ length: SOME }, () => aluImm('mov', 0, 0)), ...RETURN_0]),
  },
  bounded_loops: {
    title: 'loops',
    since: '5.3',
    without: 'loops must be unrolled',
    probe: () => tryProgram([aluImm('mov', 0, 5), aluImm('sub', 0, 1), jumpImm('ne', 0, 0, -2), exit()]),
  },
  own_functions: {
    title: 'calls of own functions',
    since: '4.16',
    without: 'functions are inlined',
    probe: () =>
      tryOut(async () => {
        const functions = [
          { name: 'main', parameters: 1, insns: [callReference({ kind: 'function', name: 'zero' }), exit()] },
          { name: 'zero', parameters: 0, insns: RETURN_0 },
        ];
        (await loadProgram({ name: 'feature', kind: 'raw_tracepoint', license: 'GPL', functions })).close();
      }),
  },
  atomics: {
    title: 'atomic exchange and fetch',
    since: '5.12',
    without: 'only atomic addition',
    probe: () =>
      tryProgram([
        storeImm('u64', 10, -8, 1),
        aluImm('mov', 0, 1),
        aluReg('mov', 1, 0),
        atomic('xchg', 'u64', 10, -8, 1),
        exit(),
      ]),
  },
  signed_division: {
    title: 'signed division in one instruction',
    since: '6.6',
    without: 'a few instructions more',
    probe: () => tryProgram([aluImm('mov', 0, 7), aluImm('mov', 1, -2), signedDivide('div', 0, 1), ...RETURN_0]),
  },
  may_goto: {
    title: 'loops that the kernel ends',
    since: '6.9',
    without: 'loops count their rounds, and stop after some hundreds',
    // One that goes nowhere is refused before Linux 6.15.
    probe: () => tryProgram([mayGoto(1), aluImm('mov', 0, 0), ...RETURN_0]),
  },
  probe_read_user: {
    title: 'reading user memory as such',
    since: '5.5',
    without: 'an older helper that guesses whose memory it is',
    probe: () => tryHelper('probe_read_user'),
  },
  current_task_btf: {
    title: 'the current task with its type',
    since: '5.11',
    without: 'its fields are read through probe_read_kernel',
    probe: () => tryHelper('get_current_task_btf'),
  },
  task_pt_regs: {
    title: "a task's registers in user mode by a helper",
    since: '5.15',
    without: 'found at the end of its kernel stack',
    probe: () => tryHelper('task_pt_regs'),
  },
  attach_cookie: {
    title: 'cookies: one program for many probes',
    since: '5.15',
    without: 'one program a probe',
    probe: () => tryHelper('get_attach_cookie', { kind: 'kprobe' }),
  },
  func_ip: {
    title: 'the address of the probed function',
    since: '5.15',
    without: 'computed from registers',
    probe: () => tryHelper('get_func_ip', { kind: 'kprobe' }),
  },
  bpf_loop: {
    title: 'bpf_loop',
    since: '5.17',
    without: 'bounded loops, which the verifier walks through',
    probe: () => tryHelper('loop'),
  },
  timers: {
    title: 'timers in programs',
    since: '5.15',
    without: 'timers run in this process',
    probe: () => tryHelper('timer_start', { kind: 'syscall' }),
  },
  strncmp: {
    title: 'comparing text by a helper',
    since: '5.17',
    without: 'byte by byte',
    probe: () => tryHelper('strncmp'),
  },
  tai_clock: {
    title: 'the TAI clock',
    since: '6.1',
    without: 'no wall clock in programs',
    probe: () => tryHelper('ktime_get_tai_ns'),
  },
  sleepable: {
    title: 'programs that may sleep, to read memory that is swapped out',
    since: '5.18',
    without: 'user memory that is not resident cannot be read',
    probe: () => tryProgram(RETURN_0, { kind: 'kprobe', sleepable: true }),
  },
  send_signal: {
    title: 'sending signals',
    since: '5.3',
    without: 'signal() is refused',
    probe: () => tryHelper('send_signal'),
  },
  run_statistics: {
    title: 'counting and timing of runs',
    since: '5.8',
    without: 'the cost of programs is not known',
    probe: () => verdictOf(enableStats()),
  },
} as const satisfies Record<string, FeatureRow>;
