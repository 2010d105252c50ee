/** Attaches a counting program, fires its hook a known number of times, and compares. */
import assert from 'node:assert/strict';
import { aluImm, exit, type Instruction, jumpImm, load } from '../../../src/bpf/asm/index.ts';
import { attach } from '../../../src/bpf/index.ts';
import type { LinkSpec, ProgramSpec } from '../../../src/bpf/spec/index.ts';
import { loadCounter } from '../../../src/bpf/testing/counter.ts';
import { syscall } from '../../../src/native/index.ts';

/** How often hooks are fired. */
export const PRIME = 211;

/** A system call that nobody else makes: of a process that there cannot be. */
export function fire(): void {
  for (let i = 0; i < PRIME; i++) syscall('pidfd_open', -1);
}
/** The same number on all architectures (include/uapi/asm-generic/unistd.h). */
const PIDFD_OPEN = 434;
/** sys_enter tells the number of the system call second: runs for others end here. */
export const onlyPidfdOpen: Instruction[] = [
  load('u64', 2, 1, 8),
  jumpImm('eq', 2, PIDFD_OPEN, 2),
  aluImm('mov', 0, 0),
  exit(),
  aluImm('mov', 0, 0),
];
/** The kernel's function of a system call. */
export const syscallFunction = (name: string) => `__${process.arch === 'x64' ? 'x64' : 'arm64'}_sys_${name}`;

export interface Trial {
  readonly program: Pick<ProgramSpec, 'kind'> & Partial<Pick<ProgramSpec, 'attachTo' | 'sleepable'>>;
  readonly link: LinkSpec;
  readonly fire?: () => void;
  /** PRIME, unless told otherwise. */
  readonly expected?: number | ((hits: number) => boolean);
  /** Run before counting; what they leave in r0 is compared with `kept`. */
  readonly insns?: readonly Instruction[];
  readonly kept?: bigint;
}

/** The way that the link was made. */
export async function countHits(trial: Trial): Promise<string> {
  using counter = await loadCounter(trial.program, trial.insns);
  const link = await attach(trial.link, counter.program);
  try {
    const before = counter.count();
    (trial.fire ?? fire)();
    const hits = Number(counter.count() - before);
    const { expected = PRIME } = trial;
    if (typeof expected === 'number') assert.equal(hits, expected, `${hits} hits instead of ${expected}`);
    else assert.ok(expected(hits), `${hits} hits`);
    if (trial.kept !== undefined) assert.equal(counter.kept(), trial.kept);
    return link.strategy;
  } finally {
    link.close();
  }
}
