/** What a program records of a thread so that its stack can be unwound: registers, and bytes of the stack. */
import { bytes, record, u32, u64 } from '../../base/record.ts';
import type { Arch } from '../elf/index.ts';
import { machineOf } from './machine.ts';

/**
 * PostgreSQL's stacks are 3 to 6 KB deep as a rule, but some functions keep a whole page in their frame
 * (src/backend/utils/sort/logtape.c: ltsWriteBlock): 8 KB would lose one sample in fifty of a sort that spills.
 */
export const STACK_BYTES = 16_384;

/** Where an event has them: the `offsets` of any record that has fields of these names. */
export interface SampleLayout {
  /** The process (tgid): 32 bits. */
  readonly pid: number;
  /** The process that it was forked from, 32 bits: its mappings stand for those of one that is gone and ran the same program. */
  readonly parent?: number;
  /** How many bytes of the stack could be copied: 32 bits. */
  readonly stack_bytes: number;
  /** struct pt_regs of user mode. */
  readonly registers: number;
  /** Bytes from the stack pointer upwards. Aligned to 8; what lies before `registers` is handed on. */
  readonly stack: number;
}

/** What `stackSampler` records. */
export function stackSample(arch: Arch, stackBytes = STACK_BYTES) {
  return record('stack_sample', {
    /** CLOCK_MONOTONIC. */
    time: u64,
    pid: u32,
    tid: u32,
    cpu: u32,
    stack_bytes: u32,
    registers: bytes(machineOf(arch).registersBytes),
    stack: bytes(stackBytes),
  });
}
