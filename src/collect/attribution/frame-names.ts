/** Names of a stack's frames: the kernel's part by kallsyms, the process's by its files; each address is looked up once. */
import { basename } from 'node:path';
import type { ProfileFrame } from '../../api/index.ts';
import { KernelSymbols, UserSymbols } from '../../bpf/symbols/index.ts';
import { frameName } from '../../bpf/unwind/index.ts';

/** Addresses of many processes: forgotten all at once, which costs a second look. */
const MOST_ADDRESSES = 200_000;
const KERNEL = '[kernel]';

export class FrameNames {
  readonly #user = new UserSymbols();
  readonly #known = new Map<string, ProfileFrame>();
  /** By pid: the process whose mappings are looked at, which is its parent where it was gone. */
  readonly #remembered = new Map<number, number>();
  #kernel: KernelSymbols | undefined;

  /** Reads what a process has mapped, once: it may be gone when its stack is to be named. Then its parent, which runs the same program, stands for it. */
  remember(pid: number, parent: number): void {
    if (!this.#remembered.has(pid)) this.#remembered.set(pid, this.#user.remember(pid) ? pid : parent);
  }

  /** Outermost first, the kernel's part behind the process's. */
  of(pid: number, addresses: Float64Array, starts: Float64Array, kernel: readonly bigint[]): ProfileFrame[] {
    const mapped = this.#remembered.get(pid) ?? pid;
    const user = Array.from(addresses, (address, i) => this.#userFrame(mapped, address, starts[i]!, i === 0));
    const system = kernel.map((address) => this.#kernelFrame(address));
    return [...user.reverse(), ...system.reverse()];
  }

  #userFrame(pid: number, address: number, start: number, innermost: boolean): ProfileFrame {
    return this.#once(`${pid} ${address} ${innermost}`, () => {
      const { name, module, known } = frameName(this.#user, pid, address, start, innermost);
      return { function: name, known, module: basename(module) };
    });
  }

  #kernelFrame(address: bigint): ProfileFrame {
    return this.#once(`${address}`, () => {
      this.#kernel ??= KernelSymbols.read();
      const place = this.#kernel.locate(address);
      const hidden = this.#kernel.hidden ? 'kernel function (names need CAP_SYSLOG)' : 'unknown kernel function';
      return { function: place?.symbol ?? hidden, known: place !== undefined, module: KERNEL };
    });
  }

  #once(key: string, name: () => ProfileFrame): ProfileFrame {
    let frame = this.#known.get(key);
    if (!frame) {
      if (this.#known.size >= MOST_ADDRESSES) this.#known.clear();
      frame = name();
      this.#known.set(key, frame);
    }
    return frame;
  }
}
