/** The memory of a running process through /proc/PID/mem: needs root, CAP_SYS_PTRACE, or to be its parent. */

import { closeSync, openSync, readSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import type { Memory } from '../memory/memory.ts';

export class ProcessMemory implements Memory {
  readonly pid: number;
  readonly #fd: number;

  private constructor(pid: number, fd: number) {
    this.pid = pid;
    this.#fd = fd;
  }

  static open(pid: number): ProcessMemory {
    try {
      return new ProcessMemory(pid, openSync(`/proc/${pid}/mem`, 'r'));
    } catch (cause) {
      throw cannotOpen(pid, cause);
    }
  }

  read(address: number, into: Uint8Array): boolean {
    try {
      return readSync(this.#fd, into, 0, into.length, address) === into.length;
    } catch {
      return false; // EIO where nothing is mapped; the process may end at any time
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function cannotOpen(pid: number, cause: unknown): PebbleError {
  // ESRCH: it is a zombie (mm_access, kernel/fork.c).
  const gone = ['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '');
  return new PebbleError(gone ? 'no-target' : 'privilege', {
    doing: `opening /proc/${pid}/mem`,
    what: gone ? 'the process has ended' : 'this process may not read it',
    ...(gone ? {} : { hint: 'run as root, or with CAP_SYS_PTRACE' }),
    cause,
  });
}
