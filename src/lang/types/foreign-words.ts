/** Words of other tracers and of other versions of bpftrace, and what to write for them here. */

const NO_KFUNCS = 'scripts call no kfuncs here: what the helpers of this language give works without them';

/** What Pebble leaves out on purpose: docs/language/compatibility.md. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  kfunc_allowed: NO_KFUNCS,
  kfunc_exist: NO_KFUNCS,
  skboutput: 'Pebble writes no packets: print fields of the packet, or capture with tcpdump',
};

/** DTrace's, SystemTap's and earlier names of bpftrace. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  abs_path: 'path',
  copyinstr: 'str',
  execname: 'comm',
  kernel_string: 'str',
  llquantize: 'lhist',
  lquantize: 'lhist',
  name: 'probe',
  ntohl: 'bswap',
  ntohs: 'bswap',
  htonl: 'bswap',
  htons: 'bswap',
  printa: 'print',
  probefunc: 'func',
  quantize: 'hist',
  stack: 'kstack',
  timestamp: 'nsecs',
  tracemem: 'buf',
  user_string: 'str',
  walltimestamp: 'nsecs(boot)',
};

export function foreignWordHint(name: string): string | undefined {
  if (Object.hasOwn(LEFT_OUT, name)) return LEFT_OUT[name];
  return Object.hasOwn(OTHER_NAMES, name) ? `here it is ${OTHER_NAMES[name]}` : undefined;
}
