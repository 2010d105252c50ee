/** Tracepoints of the same events as well-known kernel functions: where kprobes are missing, a script can be moved to them. */
export const EQUIVALENTS: Readonly<Record<string, string>> = {
  blk_account_io_start: 'block:block_io_start',
  __blk_account_io_start: 'block:block_io_start',
  blk_account_io_done: 'block:block_io_done',
  __blk_account_io_done: 'block:block_io_done',
  cap_capable: 'capability:cap_capable',
  do_nanosleep: 'syscalls:sys_enter_clock_nanosleep',
  inet_csk_accept: 'sock:inet_sock_set_state',
  ksys_read: 'syscalls:sys_enter_read',
  ksys_write: 'syscalls:sys_enter_write',
  oom_kill_process: 'oom:mark_victim',
  tcp_connect: 'sock:inet_sock_set_state',
  tcp_retransmit_skb: 'tcp:tcp_retransmit_skb',
  tcp_set_state: 'sock:inet_sock_set_state',
  vfs_fsync: 'syscalls:sys_enter_fsync',
  vfs_open: 'syscalls:sys_enter_openat',
  vfs_read: 'syscalls:sys_enter_read',
  vfs_write: 'syscalls:sys_enter_write',
};

/** For a probe's full name; undefined for what is no kprobe, or has no equivalent. */
export function equivalentHint(probe: string): string | undefined {
  const [kind = '', ...rest] = probe.split(':');
  const event = kind === 'kprobe' || kind === 'kretprobe' ? EQUIVALENTS[rest.at(-1) ?? ''] : undefined;
  return event && `tracepoint:${event} tells of the same event, by other arguments`;
}
