/** Tracepoints of the same events as well-known kernel functions: what a script without their arguments is moved to where kprobes are missing. */
interface Equivalent {
  readonly event: string;
  /** How its events differ from the function's calls. */
  readonly but: string;
}

const systemCalls = (event: string): Equivalent => ({ event: `syscalls:sys_enter_${event}`, but: `${event}() alone` });
const sameEvent = (event: string): Equivalent => ({ event, but: 'the same event' });

export const EQUIVALENTS: Readonly<Record<string, Equivalent>> = {
  blk_account_io_start: sameEvent('block:block_io_start'),
  __blk_account_io_start: sameEvent('block:block_io_start'),
  blk_account_io_done: sameEvent('block:block_io_done'),
  __blk_account_io_done: sameEvent('block:block_io_done'),
  cap_capable: sameEvent('capability:cap_capable'),
  do_nanosleep: systemCalls('clock_nanosleep'),
  inet_csk_accept: { event: 'sock:inet_sock_set_state', but: 'every change of state of a socket' },
  ksys_read: systemCalls('read'),
  ksys_write: systemCalls('write'),
  oom_kill_process: sameEvent('oom:mark_victim'),
  tcp_connect: { event: 'sock:inet_sock_set_state', but: 'every change of state of a socket' },
  tcp_retransmit_skb: sameEvent('tcp:tcp_retransmit_skb'),
  tcp_set_state: { event: 'sock:inet_sock_set_state', but: 'sockets of other protocols, too' },
  vfs_fsync: systemCalls('fsync'),
  vfs_open: systemCalls('openat'),
  vfs_read: systemCalls('read'),
  vfs_write: systemCalls('write'),
};

/** Of the function's entry, or of its return, which only system calls have. */
export function equivalentOf(name: string, atReturn: boolean): Equivalent | undefined {
  const found = EQUIVALENTS[name];
  if (!found || !atReturn) return found;
  if (!found.event.includes('sys_enter_')) return undefined;
  return { ...found, event: found.event.replace('sys_enter_', 'sys_exit_') };
}

/** For a probe's full name; undefined for what is no kprobe, or has no equivalent. */
export function equivalentHint(probe: string): string | undefined {
  const [kind = '', ...rest] = probe.split(':');
  if (kind !== 'kprobe' && kind !== 'kretprobe') return undefined;
  const event = equivalentOf(rest.at(-1) ?? '', kind === 'kretprobe')?.event;
  return event && `tracepoint:${event} tells of the same event, by other arguments`;
}
