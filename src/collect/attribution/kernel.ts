/** How this kernel lets a session's requests be seen: hooks where it receives and sends, and loops over its messages. */
import { type Btf, findField, findInModules, kernelBtf, resolve } from '../../bpf/btf/index.ts';
import { codeFeatures, hasFeature } from '../../bpf/features/index.ts';
import type { KernelFeatures } from '../../lang/host.ts';
import { machineHost } from '../../tracer/index.ts';
import { unsupported } from './host.ts';

/** What stands in program.bt for the events of sockets. */
export interface SocketHooks {
  readonly receive: string;
  readonly send: string;
  /** Received or sent. */
  readonly bytes: string;
  /** Whatever tells a process's sockets apart. */
  readonly socket: string;
}

const EVENTS: SocketHooks = {
  receive: 'tp_btf:sock_recv_length /args.ret > 0/',
  send: 'tp_btf:sock_send_length /args.ret > 0/',
  bytes: 'args.ret',
  socket: 'args.sk',
};
/** Those that the kernel calls through pointers: others, sock_recvmsg above all, are inlined where they are called. */
const FUNCTIONS: SocketHooks = {
  receive: 'fexit:unix_stream_recvmsg,fexit:tcp_recvmsg /retval > 0/',
  send: 'fexit:unix_stream_sendmsg,fexit:tcp_sendmsg /retval > 0/',
  bytes: 'retval',
  socket: 'userregs->di + 1',
};
/** Passed by every system call of the host. recvfrom is 45, sendto 44 (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYSTEM_CALLS: SocketHooks = {
  receive: 'tp_btf:sys_exit /args.regs->orig_ax == 45 && args.ret > 0/',
  send: 'tp_btf:sys_exit /args.regs->orig_ax == 44 && args.ret > 0/',
  bytes: 'args.ret',
  socket: 'userregs->di + 1',
};
/** Best first. */
export const SOCKET_HOOKS = { events: EVENTS, functions: FUNCTIONS, 'system calls': SYSTEM_CALLS };
export type SocketHookName = keyof typeof SOCKET_HOOKS;

export interface KernelWays {
  readonly sockets: SocketHookName;
  readonly features: KernelFeatures;
  /** What the program says as current kernels do, and this one otherwise. */
  readonly words: readonly (readonly [current: string, own: string])[];
  /** Hooks of sockets may lose their CPU in the middle. */
  readonly preemptible: boolean;
  /** Tasks say that their cgroup has used up its share of the CPUs (Linux 6.18). */
  readonly throttling: boolean;
  /** Whether a task has any storage stands in it (Linux 5.12), where programs see it without a call. */
  readonly showsStorage: boolean;
  /** Fragments that need an event which not every kernel has: these are there. */
  readonly fragments: readonly Fragment[];
  /** Types of file systems whose calls of fsync wal-syncs.bt sees. */
  readonly syncing: readonly number[];
}

/** And how many parameters they have, at least: mark_victim had a pid only before Linux 6.8. */
const FRAGMENT_EVENTS = {
  'memory-peak': ['mmap_lock_released', 2],
  'temp-files': ['ext4_unlink_enter', 2],
  'oom-kills': ['mark_victim', 2],
} as const;
export type Fragment = keyof typeof FRAGMENT_EVENTS | 'wal-syncs';

/** With which event a file system begins a call of fsync, by its type in statfs (include/uapi/linux/magic.h). */
const SYNC_EVENTS: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4_sync_file_enter'],
  [0x58465342, 'xfs_file_fsync'],
]);

/** Verifiers walk through them: these of read_replies are 150,000 instructions of their million. */
const COUNTED_ROUNDS = 128;

/** Found out by trying; throws where sessions cannot be told apart. */
export async function findWays(): Promise<KernelWays> {
  const features = { ...codeFeatures(), countedRounds: COUNTED_ROUNDS };
  if (!features.taskStorage && machineHost().pidNamespace?.())
    throw unsupported(
      'storage on tasks (Linux 5.12), and Pebble is in a PID namespace that numbers processes otherwise',
    );
  const btf = kernelBtf();
  const fragments: Fragment[] = (Object.keys(FRAGMENT_EVENTS) as (keyof typeof FRAGMENT_EVENTS)[]).filter((name) => {
    const [event, parameters] = FRAGMENT_EVENTS[name];
    const owner = ownerOf(btf, event);
    return owner !== undefined && countParameters(owner, event) >= parameters;
  });
  const syncs = [...SYNC_EVENTS].filter(([, event]) => ownerOf(btf, event));
  if (syncs.length > 0) fragments.push('wal-syncs');
  const sockets = await findSocketHooks(btf);
  return {
    sockets,
    preemptible: sockets === 'functions',
    features,
    words: [...findWords(btf), ['tp_btf:ext4_sync_file_enter', syncs.map(([, event]) => `tp_btf:${event}`).join()]],
    throttling: hasField(btf, 'task_struct', 'throttled'),
    showsStorage: hasField(btf, 'task_struct', 'bpf_storage'),
    fragments,
    syncing: syncs.map(([type]) => type),
  };
}

async function findSocketHooks(btf: Btf): Promise<SocketHookName> {
  if (hasEvent(btf, 'sock_recv_length')) return 'events';
  return (await hasFeature('fentry')) ? 'functions' : 'system calls';
}

/** Linux 5.18 hands the state of who leaves to sched_switch; 5.14 named the field anew; 5.12 made devices of partitions. */
function findWords(btf: Btf): KernelWays['words'] {
  const words: (readonly [string, string])[] = [];
  if (countParameters(btf, 'sched_switch') < 4) {
    words.push(['args.prev_state', `args.prev->${hasField(btf, 'task_struct', '__state') ? '__state' : 'state'}`]);
  }
  if (!hasField(btf, 'bio', 'bi_bdev')) {
    words.push(['$bio->bi_bdev->bd_dev', '(($bio->bi_disk->major << 20) | $bio->bi_disk->first_minor)']);
  }
  if (!hasField(btf, 'pt_regs', 'di')) words.push(...ARM64);
  return words;
}

/** Arguments and number of a system call (arch/arm64/include/asm/ptrace.h), and struct user_pt_regs in a sample. */
const ARM64: KernelWays['words'] = [
  ['userregs->di', 'userregs->orig_x0'],
  ['userregs->si', 'userregs->regs[1]'],
  ['userregs->dx', 'userregs->regs[2]'],
  ['userregs->orig_ax', 'userregs->syscallno'],
  ['userregs->ax', 'userregs->regs[0]'],
  ['uint8_t registers[168]', 'uint8_t registers[272]'],
];

const traced = (event: string): string => `btf_trace_${event}`;

const hasEvent = (btf: Btf, event: string): boolean => btf.find(traced(event), 'typedef') !== undefined;

/** File systems are modules of many kernels. */
const ownerOf = (btf: Btf, event: string): Btf | undefined =>
  hasEvent(btf, event) ? btf : findInModules(traced(event), 'typedef')?.btf;

/** Of a tracepoint: the first of the type's is private data. */
function countParameters(btf: Btf, event: string): number {
  const id = btf.find(traced(event), 'typedef');
  const pointer = id === undefined ? undefined : resolve(btf, id);
  const proto = pointer?.kind === 'ptr' ? resolve(btf, pointer.type) : pointer;
  return proto?.kind === 'func_proto' ? proto.params.length - 1 : 0;
}

function hasField(btf: Btf, struct: string, field: string): boolean {
  const id = btf.find(struct, 'struct');
  return id !== undefined && findField(btf, id, field) !== undefined;
}

/** The program's text with the hooks and words that this kernel has. */
export function inWordsOf({ sockets, words }: KernelWays, text: string): string {
  const hooks = SOCKET_HOOKS[sockets];
  const keys = Object.keys(EVENTS) as (keyof SocketHooks)[];
  const all = [...keys.map((key) => [EVENTS[key], hooks[key]] as const), ...words];
  return all.reduce((changed, [current, own]) => changed.replaceAll(current, own), text);
}

/** Whether the program's loops may be as long as what clients send ahead. */
export const followsPipelines = ({ features: { mayGoto = true, bpfLoop = false } }: KernelWays): boolean =>
  mayGoto || bpfLoop;

/** What cannot be seen of requests that ask for several things at once; nothing where everything is. */
export function shortcomingOf(ways: KernelWays): string | undefined {
  if (followsPipelines(ways)) return undefined;
  return 'requests of several statements are booked on one of them, and fetches count as calls: this kernel has no loops that follow what clients send ahead (Linux 6.7)';
}
