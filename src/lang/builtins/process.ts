/** Builtins about who runs: pid, tid, uid, comm, curtask, cgroup, cpu. */
import { record, u32 } from '../../base/record.ts';
import { imm, type Operand } from '../ir/index.ts';
import { namedRegister } from '../lower/arguments.ts';
import type { Lowering } from '../lower/lowering.ts';
import { pointerOf, storeText } from '../lower/memory.ts';
import type { BuiltinRow, FunctionRow } from '../lower/rows.ts';
import { inMemory, offsetBy, scalar } from '../lower/value.ts';
import { sizeOfType } from '../types/layout.ts';
import { stringType, type Type, UINT8, UINT32, UINT64 } from '../types/type.ts';

/** TASK_COMM_LEN */
const COMM = 16;

function simple(name: string, type: Type, doc: string, lower: (l: Lowering) => Operand): BuiltinRow {
  const typeWord = type.kind === 'int' ? `${type.signed ? '' : 'u'}int${type.size * 8}` : type.kind;
  return { name, signature: `${typeWord} ${name}`, doc, type: () => type, lower: (l) => scalar(type, lower(l)) };
}

const high = (value: Operand, l: Lowering): Operand => l.b.binary('ushr', value, imm(32));
const low = (value: Operand, l: Lowering): Operand => l.b.extend(value, 4, false);

/** struct bpf_pidns_info (linux/bpf.h) */
const PIDNS_INFO = record('bpf_pidns_info', { pid: u32, tgid: u32 });

const initIds = (l: Lowering) => {
  const both = l.b.helper('get_current_pid_tgid', []);
  return { pid: () => high(both, l), tid: () => low(both, l) };
};

/** As the tracer's own PID namespace numbers them; 0 for what that namespace does not know. */
function ownIds(l: Lowering) {
  const namespace = l.script.typing.host.pidNamespace?.();
  if (namespace === undefined) return initIds(l);
  const info = l.bytes('pidns', PIDNS_INFO.size);
  l.b.zero(info, PIDNS_INFO.size);
  const { device, inode } = namespace;
  l.b.helper('get_ns_current_pid_tgid', [imm(device), imm(inode), pointerOf(info, l), imm(PIDNS_INFO.size)]);
  return {
    pid: () => l.b.load(offsetBy(info, PIDNS_INFO.offsets.tgid), 4),
    tid: () => l.b.load(offsetBy(info, PIDNS_INFO.offsets.pid), 4),
  };
}

const NAMESPACES = ['curr_ns', 'init'];

function inNamespace(name: 'pid' | 'tid', what: string): FunctionRow {
  return {
    name,
    signature: `uint32 ${name}([curr_ns|init])`,
    doc: `${what} as the tracer's PID namespace numbers it, or the machine's (init).`,
    arguments: [0, 1],
    raw: (argument) => argument.kind === 'identifier',
    type(call, t) {
      const [mode] = call.arguments;
      if (mode && !(mode.kind === 'identifier' && NAMESPACES.includes(mode.name))) {
        if (mode.kind !== 'identifier') {
          return t.error(call, `${name}() only supports ${NAMESPACES.join(' and ')} as the argument`);
        }
        const given = mode.name;
        return t.error(mode, `Invalid PID namespace mode: ${given} (expects: ${NAMESPACES.join(' or ')})`);
      }
      return UINT32;
    },
    lower(call, l) {
      const [mode] = call.arguments;
      const ids = mode?.kind === 'identifier' && mode.name === 'init' ? initIds(l) : ownIds(l);
      return scalar(UINT32, ids[name]());
    },
  };
}

export const PROCESS_FUNCTIONS: readonly FunctionRow[] = [
  inNamespace('pid', 'Process id of the current thread'),
  inNamespace('tid', 'Id of the current thread'),
];

const comm: BuiltinRow = {
  name: 'comm',
  signature: 'string comm',
  doc: 'Name of the current thread, at most 15 bytes.',
  type: () => stringType(COMM),
  lower(l) {
    const slot = l.bytes('comm', COMM);
    l.b.helper('get_current_comm', [pointerOf(slot, l), imm(COMM)]);
    return inMemory(stringType(COMM), slot);
  },
  into(l, to, type) {
    l.b.helper('get_current_comm', [pointerOf(to, l), imm(COMM)]);
    const size = sizeOfType(type);
    if (size > COMM) storeText(Buffer.alloc(0), offsetBy(to, COMM), size - COMM, l);
  },
};

export const PROCESS: readonly BuiltinRow[] = [
  simple('pid', UINT32, 'Process id (thread group) of the current thread.', (l) => ownIds(l).pid()),
  simple('tid', UINT32, 'Thread id of the current thread.', (l) => ownIds(l).tid()),
  simple('uid', UINT64, 'User id of the current thread.', (l) => low(l.b.helper('get_current_uid_gid', []), l)),
  simple('gid', UINT64, 'Group id of the current thread.', (l) => high(l.b.helper('get_current_uid_gid', []), l)),
  simple('username', { kind: 'username' }, 'Name of the current user, looked up when it is printed.', (l) =>
    low(l.b.helper('get_current_uid_gid', []), l),
  ),
  simple('cgroup', UINT64, 'Id of the cgroup (version 2) of the current process.', (l) =>
    l.b.helper('get_current_cgroup_id', []),
  ),
  simple('cpu', UINT64, 'The CPU that the probe fires on.', (l) => l.b.helper('get_smp_processor_id', [])),
  simple('numaid', UINT32, 'NUMA node of that CPU.', (l) => l.b.helper('get_numa_node_id', [])),
  simple('ncpus', UINT64, 'Number of possible CPUs.', (l) => imm(l.script.typing.host.cpus?.possible ?? 1)),
  simple('cpid', UINT64, 'Process id of the child that -c started; 0 without.', (l) =>
    imm(l.script.typing.host.childPid?.() ?? 0),
  ),
  simple('rand', UINT64, 'A random number of 32 bits.', (l) => low(l.b.helper('get_prandom_u32', []), l)),
  simple('usermode', UINT8, 'Whether a profile probe interrupted user code: 1 if it did.', (l) => usermode(l)),
  comm,
];

/** Run by hand: by the tracer itself, on behalf of user code. */
const isByHand = (l: Lowering): boolean => l.point !== undefined && l.point.how !== 'attach';

/** Programs whose context begins with registers. */
const WITH_REGISTERS = new Set<string>(['kprobe', 'kprobe_multi', 'kprobe_session', 'uprobe_multi', 'perf_event']);

/**
 * The privilege level of the interrupted context: the two low bits of cs on x86-64, 3 in user code; the mode in pstate on arm64, 0 there
 * (PSR_MODE_EL0t, and bit 4 for 32-bit programs, arch/arm64/include/uapi/asm/ptrace.h). What has no registers runs in the kernel.
 */
function usermode(l: Lowering): Operand {
  if (isByHand(l)) return imm(1);
  if (!WITH_REGISTERS.has(l.point?.program ?? '')) return imm(0);
  const [name, mask, inUser] = l.script.typing.host.arch === 'arm64' ? ['pstate', 0xf, 0] : ['cs', 3, 3];
  return l.b.compare('eq', l.b.binary('and', namedRegister(name, l)!, imm(mask)), imm(inUser));
}
