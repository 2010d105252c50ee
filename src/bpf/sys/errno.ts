/** The kernel's error numbers by name, and the error that a failed system call becomes. */
import { PebbleError } from '../../base/errors.ts';

/** The same on x86-64 and arm64 (include/uapi/asm-generic/errno-base.h, errno.h). */
export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const E2BIG = 7;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOSPC = 28;
/** Of a kprobe: no instruction begins there. */
export const EILSEQ = 84;
export const EOPNOTSUPP = 95;

/** The kernel keeps it to itself (include/linux/errno.h), and lets it out of bpf(2) all the same. */
export const ENOTSUPP = 524;
/** What Node does not name, or names after sockets. */
const OURS: Record<number, readonly [name: string, text: string]> = {
  [EOPNOTSUPP]: ['EOPNOTSUPP', 'operation not supported'],
  512: ['ERESTARTSYS', 'interrupted by a signal'],
  517: ['EPROBE_DEFER', 'the driver asks for a later attempt'],
  [ENOTSUPP]: ['ENOTSUPP', 'this kernel does not support the operation'],
};

/** `[name, text]` of an error number: `['ENOENT', 'no such file or directory']`. */
export function errorName(errno: number): readonly [name: string, text: string] {
  // Not a static import: node:util takes 2 ms, and most runs have no error to name.
  const names = process.getBuiltinModule('node:util').getSystemErrorMap();
  return OURS[errno] ?? names.get(-errno) ?? [`errno ${errno}`, 'unknown error'];
}

/** A failed system call. */
export class KernelError extends PebbleError {
  override readonly name: string = 'KernelError';
  readonly errno: number;

  constructor(errno: number, doing: string, hint?: string) {
    const [name, text] = errorName(errno);
    const denied = errno === EPERM || errno === EACCES;
    super(denied ? 'privilege' : 'kernel', {
      doing,
      what: `${text} (${name})`,
      ...(hint === undefined ? {} : { hint }),
    });
    this.errno = errno;
  }
}

/** What to do about a refusal; `capabilities` as in capabilities(7). */
export function needs(capabilities: string): string {
  return isRoot()
    ? `that needs ${capabilities}, which a container, a security module or kernel lockdown has taken from root`
    : `run as root, or with ${capabilities}`;
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The result of a system call, or its failure as an error. The hint may depend on the errno. */
export function must(result: number, doing: string, hint?: string | ((errno: number) => string | undefined)): number {
  if (result >= 0) return result;
  throw new KernelError(-result, doing, typeof hint === 'function' ? hint(-result) : hint);
}
