/** Gives up every privilege that watching does not need, for all threads and for good: the bounding set is cut, and the program started anew in it. */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../base/errors.ts';
import { syscall } from '../native/index.ts';

/** Bit numbers of linux/capability.h; what each is for: docs/security.md. */
const NEEDED = { CAP_DAC_READ_SEARCH: 2, CAP_SYS_PTRACE: 19, CAP_SYSLOG: 34, CAP_PERFMON: 38, CAP_BPF: 39 } as const;
/** To cancel statements and end sessions, where the configuration lets admins do that. */
const CAP_KILL = 5;

/** linux/prctl.h */
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;

export interface KeptPrivileges {
  readonly signals: boolean;
}

/** False where there is something to give up. */
export function hasOnlyNeeded(keep: KeptPrivileges, status = readFileSync('/proc/self/status', 'latin1')): boolean {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return (bounding & ~mask(keep)) === 0n;
}

/**
 * A system call could take them from one thread only, and Node has several: those of V8 and of its pool. A new program
 * has one, and gets from root's bounding set what is left of it (capabilities(7)). `program` takes over this process, with its id.
 */
export function restartWithNeeded(keep: KeptPrivileges, program: string, argv: readonly string[]): never {
  for (let bit = 0n; bit < 64n; bit++) {
    if ((mask(keep) >> bit) & 1n) continue;
    // EINVAL: beyond the last one that this kernel has.
    if (syscall('prctl', PR_CAPBSET_DROP, Number(bit)) < 0) break;
  }
  syscall('prctl', PR_SET_NO_NEW_PRIVS, 1);
  if (!hasOnlyNeeded(keep)) {
    throw new PebbleError('privilege', {
      doing: 'giving up privileges',
      what: 'the bounding set cannot be changed without CAP_SETPCAP',
      hint: 'start it with fewer capabilities, as deploy/pebble-agent.service does, or set drop_privileges = no',
    });
  }
  process.execve!(program, [program, ...argv]);
  throw new PebbleError('internal', { doing: 'giving up privileges', what: `${program} did not start` });
}

function mask({ signals }: KeptPrivileges): bigint {
  const bits: readonly number[] = [...Object.values(NEEDED), ...(signals ? [CAP_KILL] : [])];
  return bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
}
