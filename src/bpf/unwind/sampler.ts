/** A program that copies the user stack of whatever runs when a clock ticks, as spec: for any perf event. */
import { u64 } from '../../base/record.ts';
import {
  Assembler,
  aluImm,
  aluReg,
  atomic,
  call,
  exit,
  jumpImm,
  Label,
  load,
  loadReference,
  store,
  storeImm,
} from '../asm/index.ts';
import type { Arch } from '../elf/index.ts';
import type { CollectionSpec } from '../spec/index.ts';
import { machineOf } from './machine.ts';
import { STACK_BYTES, stackSample } from './sample.ts';

export interface StackSamplerOptions {
  readonly arch: Arch;
  /** A multiple of 512. */
  readonly stackBytes?: number;
  /** Of the ring; a power of two. */
  readonly ringBytes?: number;
}

/** Samples that found no room in the ring. */
const LOST = { name: 'stack_lost', type: 'array', value: u64, maxEntries: 1 } as const;
/** A read fails as a whole: what is lost of the last page is less than this. */
const PIECE = 512;
const RING = 'stack_samples';
/** Registers of the program. */
const RECORD = 6;
const STACK_POINTER = 7;

/** Program "stack_sampler", ring "stack_samples" of `stackSample` records, and a count of those lost; no links. */
export function stackSampler({
  arch,
  stackBytes = STACK_BYTES,
  ringBytes = 4 << 20,
}: StackSamplerOptions): CollectionSpec {
  return {
    maps: [{ name: RING, type: 'ringbuf', maxEntries: ringBytes }, LOST],
    programs: [
      {
        name: 'stack_sampler',
        kind: 'perf_event',
        license: 'GPL',
        functions: [{ name: 'stack_sampler', parameters: 1, insns: samplerInsns(arch, stackBytes) }],
      },
    ],
    links: [],
  };
}

function samplerInsns(arch: Arch, stackBytes: number) {
  const { offsets, size } = stackSample(arch, stackBytes);
  const machine = machineOf(arch);
  const code = new Assembler();
  const [end, room, user, submit] = [new Label(), new Label(), new Label(), new Label()];
  code.emit(call('get_current_pid_tgid'), aluReg('mov', 8, 0), aluReg('mov', 9, 0), aluImm('rsh', 9, 32));
  // The idle task.
  code.emitJump(jumpImm('eq', 9, 0, 0), end);
  code.emit(loadReference(1, { kind: 'map', map: RING }), aluImm('mov', 2, size), aluImm('mov', 3, 0));
  code.emit(call('ringbuf_reserve'));
  code.emitJump(jumpImm('ne', 0, 0, 0), room);
  code.emit(loadReference(1, { kind: 'mapValue', map: LOST.name, offset: 0 }), aluImm('mov', 2, 1));
  code.emit(atomic('add', 'u64', 1, 0, 2));
  code.place(end);
  code.emit(aluImm('mov', 0, 0), exit());
  code.place(room);
  code.emit(aluReg('mov', RECORD, 0), store('u32', RECORD, offsets.tid, 8), store('u32', RECORD, offsets.pid, 9));
  code.emit(call('ktime_get_ns'), store('u64', RECORD, offsets.time, 0));
  code.emit(call('get_smp_processor_id'), store('u32', RECORD, offsets.cpu, 0));
  code.emit(storeImm('u32', RECORD, offsets.stack_bytes, 0));
  code.emit(call('get_current_task_btf'), aluReg('mov', 1, 0), call('task_pt_regs'), aluReg('mov', 3, 0));
  code.emit(aluImm('mov', 2, machine.registersBytes), aluReg('mov', 1, RECORD), aluImm('add', 1, offsets.registers));
  code.emit(call('probe_read_kernel'));
  code.emit(load('u64', STACK_POINTER, RECORD, offsets.registers + machine.places[machine.stackPointer]!));
  code.emitJump(jumpImm('ne', STACK_POINTER, 0, 0), user);
  // A kernel thread.
  code.emit(aluReg('mov', 1, RECORD), aluImm('mov', 2, 0), call('ringbuf_discard'), aluImm('mov', 0, 0), exit());
  code.place(user);
  for (let done = 0; done < stackBytes; done += PIECE) {
    code.emit(aluReg('mov', 1, RECORD), aluImm('add', 1, offsets.stack + done), aluImm('mov', 2, PIECE));
    code.emit(aluReg('mov', 3, STACK_POINTER), aluImm('add', 3, done), call('probe_read_user'));
    code.emitJump(jumpImm('ne', 0, 0, 0), submit);
    code.emit(storeImm('u32', RECORD, offsets.stack_bytes, done + PIECE));
  }
  code.place(submit);
  code.emit(aluReg('mov', 1, RECORD), aluImm('mov', 2, 0), call('ringbuf_submit'), aluImm('mov', 0, 0), exit());
  return code.finish();
}
