/** How this kernel lets a session's requests be seen: hooks where it receives and sends, and loops over its messages. */
import { hasKernelBtf, kernelBtf } from '../../bpf/btf/index.ts';
import { feature, hasFeature } from '../../bpf/features/index.ts';
import type { KernelFeatures } from '../../lang/host.ts';
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
const FUNCTIONS: SocketHooks = {
  receive: 'fexit:sock_recvmsg /retval > 0/',
  send: 'fexit:sock_sendmsg /retval > 0/',
  bytes: 'retval',
  socket: 'args.sock->sk',
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
}

/** As many as verifiers of a million instructions and 8192 pending branches follow through read_replies. */
const COUNTED_ROUNDS = 400;

/** What is to be found out by trying; throws where tasks have no storage. */
export async function findWays(): Promise<KernelWays> {
  const storage = await feature('task_storage');
  if (!storage.available) throw unsupported(`storage for tasks in tracing programs (Linux ${storage.since})`);
  const [isaV4, mayGoto] = await Promise.all([hasFeature('signed_division'), hasFeature('may_goto')]);
  const features = { isaV4, mayGoto, countedRounds: COUNTED_ROUNDS };
  return { sockets: findSocketHooks(), features };
}

/** The other hooks are not chosen by themselves: on Linux 6.1 fexit was seen to miss nearly every request. */
function findSocketHooks(): SocketHookName {
  const hasEvents = hasKernelBtf() && kernelBtf().find('btf_trace_sock_recv_length', 'typedef') !== undefined;
  if (!hasEvents) throw unsupported('events of sockets (sock_recv_length, Linux 6.3)');
  return 'events';
}

/** The program with the hooks that this kernel has. */
export function withSocketHooks(text: string, name: SocketHookName): string {
  const hooks = SOCKET_HOOKS[name];
  return (Object.keys(EVENTS) as (keyof SocketHooks)[]).reduce(
    (changed, key) => changed.replaceAll(EVENTS[key], hooks[key]),
    text,
  );
}

/** What cannot be seen of requests that ask for several things at once; nothing where everything is. */
export function shortcomingOf({ features }: KernelWays): string | undefined {
  if (features.mayGoto) return undefined;
  return 'requests of several statements are booked on one of them, and fetches count as calls: this kernel has no loops that follow what clients send ahead (Linux 6.9)';
}
