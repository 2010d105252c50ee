/** Loads BTF into the kernel, with fewer kinds of types where the kernel does not know all of them. */

import { PebbleError } from '../base/errors.ts';
import { allocate } from '../native/index.ts';
import { BTF_STEPS, simplifyBtf } from './btf/simplify.ts';
import { btfLoad, closeFd, EPERM, errorName, needs } from './sys/index.ts';

const LOG = 64 * 1024;

/** Its descriptor; undefined where no form of it is taken, and programs and maps must do without. */
export function loadBtf(btf: Buffer): number | undefined {
  const whole = btfLoad(btf);
  if (whole >= 0) return whole;
  for (const step of BTF_STEPS) {
    const simpler = simplifyBtf(btf, step);
    const result = simpler === undefined ? -1 : btfLoad(simpler);
    if (result >= 0) return result;
  }
  return undefined;
}

/** BTF in the kernel, for `createMap` and `loadProgram`. */
export class KernelTypes {
  readonly fd: number;
  #closed = false;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** What `BtfBuilder.build` gives; the error has the kernel's reason. */
  static load(btf: Buffer): KernelTypes {
    const fd = loadBtf(btf);
    if (fd !== undefined) return new KernelTypes(fd);
    const log = allocate(LOG);
    const errno = -btfLoad(btf, { address: log.address, size: LOG });
    const lines = log.bytes.toString('utf8', 0, log.bytes.indexOf(0)).trim();
    throw new PebbleError(errno === EPERM ? 'privilege' : 'kernel', {
      doing: 'loading BTF',
      what: lines.split('\n').at(-1) || errorName(errno).toReversed().join(' '),
      ...(errno === EPERM ? { hint: needs('CAP_BPF') } : { detail: lines }),
    });
  }

  /** Maps and programs that were made with it keep it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
