/** What generated code may be made of on this kernel; asked without waiting, since compilers cannot. */
import { scratch } from '../../native/index.ts';
import {
  aluImm,
  aluReg,
  atomic,
  call,
  encode,
  exit,
  INSN_SIZE,
  type Instruction,
  mayGoto,
  signedDivide,
  storeImm,
} from '../asm/index.ts';
import { findField, hasKernelBtf, kernelBtf } from '../btf/index.ts';
import {
  ATTACH_TYPE,
  closeFd,
  E2BIG,
  EACCES,
  ENOENT,
  ESRCH,
  linkKprobeMulti,
  mapCreate,
  progLoad,
} from '../sys/index.ts';

export interface CodeFeatures {
  /** Loops that the kernel ends. */
  readonly mayGoto: boolean;
  /**
   * A helper that calls the body of a loop (5.17), and a verifier that looks at more than its first round (6.7):
   * others take for dead what is only reached later, and drop it.
   */
  readonly bpfLoop: boolean;
  /** Signed division, sign extension and long jumps are instructions. */
  readonly isaV4: boolean;
  /** Programs that trace keep values on tasks. */
  readonly taskStorage: boolean;
  /** The current task comes with its type. */
  readonly taskBtf: boolean;
  /** A task's registers in user mode come from a helper. */
  readonly taskRegisters: boolean;
  /** Maps that are not allocated in advance grow wherever programs run, also where a lock of the scheduler is held. */
  readonly growingMaps: boolean;
  /** Keys of maps may be longer than a program's stack. */
  readonly longKeys: boolean;
  /** Atomic instructions give what was there before. */
  readonly exchange: boolean;
}

const PRESENT: CodeFeatures = {
  mayGoto: true,
  bpfLoop: true,
  isaV4: true,
  taskStorage: true,
  taskBtf: true,
  taskRegisters: true,
  growingMaps: true,
  longKeys: true,
  exchange: true,
};

let known: CodeFeatures | undefined;

/** One that goes nowhere is refused before Linux 6.15 (kernel/bpf/verifier.c: check_cond_jmp_op). */
const LEAVES_A_LOOP = [mayGoto(1), aluImm('mov', 0, 0)];

/** Nobody took out later what this adds to kernels: what has loops that the kernel ends has the rest. */
export function codeFeatures(): CodeFeatures {
  known ??= understands(LEAVES_A_LOOP) || !understands([]) ? PRESENT : older();
  return known;
}

function older(): CodeFeatures {
  return {
    mayGoto: false,
    bpfLoop: understands([call('loop')]) && hasField('bpf_verifier_state', 'callback_unroll_depth'),
    isaV4: understands([aluImm('mov', 0, 7), aluImm('mov', 1, -2), signedDivide('div', 0, 1)]),
    taskStorage: understands([call('task_storage_get')]),
    taskBtf: understands([call('get_current_task_btf')]),
    taskRegisters: understands([call('get_current_task_btf'), aluReg('mov', 1, 0), call('task_pt_regs')]),
    // Since Linux 6.1 hashes have an allocator of their own (kernel/bpf/memalloc.c).
    growingMaps: hasKernelBtf() && kernelBtf().find('bpf_mem_alloc', 'struct') !== undefined,
    longKeys: hasKeysOf(MAX_BPF_STACK + 8),
    exchange: understands([storeImm('u64', 10, -8, 0), aluImm('mov', 1, 0), atomic('xchg', 'u64', 10, -8, 1)]),
  };
}

/** BPF_MAP_TYPE_HASH; MAX_BPF_STACK (include/linux/filter.h). */
const HASH = 1;
const MAX_BPF_STACK = 512;

function hasKeysOf(bytes: number): boolean {
  const result = mapCreate({ map_type: HASH, key_size: bytes, value_size: 8, max_entries: 1 });
  if (result >= 0) closeFd(result);
  // Who may make no map learns nothing.
  return result !== -E2BIG;
}

function hasField(struct: string, field: string): boolean {
  const id = hasKernelBtf() ? kernelBtf().find(struct, 'struct') : undefined;
  return id !== undefined && findField(kernelBtf(), id, field) !== undefined;
}

/** BPF_PROG_TYPE_TRACING, and BPF_TRACE_FENTRY. */
const TRACING = 26;
const FENTRY = 24;
/** The kernel's own tests trace it (net/bpf/test_run.c). */
const TRACED = 'bpf_fentry_test1';

/** Whether fentry programs load: some kernels have them, and refuse them. */
export function canTraceFunctions(): boolean {
  const id = hasKernelBtf() ? kernelBtf().find(TRACED, 'func') : undefined;
  return id !== undefined && loads([], { prog_type: TRACING, expected_attach_type: FENTRY, attach_btf_id: id }) >= 0;
}

/**
 * Whether one link hooks many functions, or entry and return of them. Before Linux 6.14 a session had room for so many calls
 * at a time as twice the CPUs, and did not see the entry of others either (kernel/trace/fprobe.c: fprobe_init_rethook): no.
 */
export function canLinkFunctions(way: 'kprobe_multi' | 'kprobe_session'): boolean {
  const session = way === 'kprobe_session';
  if (session && hasField('fprobe', 'rethook')) return false;
  const type = session ? ATTACH_TYPE.trace_kprobe_session : ATTACH_TYPE.trace_kprobe_multi;
  const program = load([], { prog_type: KPROBE, expected_attach_type: type });
  if (program < 0) return false;
  // To be linked and unlinked costs a wait for all CPUs; what knows the kind of link looks for its function first.
  const result = linkKprobeMulti({ program, symbols: ['pebble_has_no_such_function'], atReturn: false, session });
  closeFd(program);
  return result === -ESRCH || result === -ENOENT;
}

/** BPF_PROG_TYPE_KPROBE */
const KPROBE = 2;

/** BPF_PROG_TYPE_RAW_TRACEPOINT */
const RAW_TRACEPOINT = 17;

/** Whether the program loads, or is refused for what is missing before the call of a helper that is there. */
function understands(insns: readonly Instruction[]): boolean {
  const result = loads(insns, { prog_type: RAW_TRACEPOINT });
  return result >= 0 || result === -EACCES;
}

/** 0, or the error. */
function loads(insns: readonly Instruction[], kind: Kind): number {
  const result = load(insns, kind);
  if (result < 0) return result;
  closeFd(result);
  return 0;
}

type Kind = Partial<Parameters<typeof progLoad>[0]>;

function load(insns: readonly Instruction[], kind: Kind): number {
  const bytes = encode([...insns, aluImm('mov', 0, 0), exit()]);
  return scratch((arena) =>
    progLoad({ ...kind, insns: arena.bytes(bytes), insn_cnt: bytes.length / INSN_SIZE, license: arena.text('GPL') }),
  );
}
