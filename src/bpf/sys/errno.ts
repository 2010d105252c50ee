/** The kernel's error numbers by name, and the error that a failed system call becomes. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { PebbleError } from '../../base/errors.ts';

export const { EPERM, ENOENT, EINTR, E2BIG, EBADF, EAGAIN, ENOMEM, EACCES, EBUSY, EEXIST, EINVAL, ENOSPC, EOPNOTSUPP } =
  constants.errno;

/** Numbers that the kernel keeps to itself (include/linux/errno.h) and lets out of bpf(2) all the same. */
export const ENOTSUPP = 524;
const INTERNAL: Record<number, readonly [name: string, text: string]> = {
  512: ['ERESTARTSYS', 'interrupted by a signal'],
  517: ['EPROBE_DEFER', 'the driver asks for a later attempt'],
  [ENOTSUPP]: ['ENOTSUPP', 'this kernel does not support the operation'],
};

/** `[name, text]` of an error number: `['ENOENT', 'no such file or directory']`. */
export function errorName(errno: number): readonly [name: string, text: string] {
  return INTERNAL[errno] ?? getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
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
  return `run as root, or with ${capabilities}; containers and kernel lockdown can take them away`;
}

/** The result of a system call, or its failure as an error. The hint may depend on the errno. */
export function must(result: number, doing: string, hint?: string | ((errno: number) => string | undefined)): number {
  if (result >= 0) return result;
  throw new KernelError(-result, doing, typeof hint === 'function' ? hint(-result) : hint);
}
