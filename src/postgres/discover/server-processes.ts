/** From the pids that a server knows to ours: in a pid namespace of its own they are others. */
import { listChildren, readInnermostPid } from './proc.ts';

export class ServerProcesses {
  readonly #postmaster: number;
  readonly #isNested: boolean;
  /** Our pid by the server's. */
  readonly #known = new Map<number, number>();

  constructor(postmaster: number) {
    this.#postmaster = postmaster;
    const own = readInnermostPid(postmaster);
    this.#isNested = own !== undefined && own !== postmaster;
  }

  /** Undefined where there is no such process any more. */
  find(pid: number): number | undefined {
    if (!this.#isNested) return pid;
    const known = this.#known.get(pid);
    if (known !== undefined && readInnermostPid(known) === pid) return known;
    this.#known.clear();
    for (const child of listChildren(this.#postmaster)) {
      const own = readInnermostPid(child);
      if (own !== undefined) this.#known.set(own, child);
    }
    return this.#known.get(pid);
  }
}
