/** What this process itself uses: CPU over the last seconds, and memory. */

interface Reading {
  readonly atMs: number;
  readonly cpuUs: number;
}

/** Readings a second apart: a short window would show single collections of garbage. */
const READINGS = 10;

export class ProcessCost {
  #readings: Reading[] = [read()];

  read(): { readonly cpu: number; readonly rss_bytes: number } {
    this.#readings = [...this.#readings, read()].slice(-READINGS - 1);
    const [first, last] = [this.#readings[0]!, this.#readings.at(-1)!];
    const elapsedUs = (last.atMs - first.atMs) * 1000;
    const cpu = elapsedUs > 0 ? (last.cpuUs - first.cpuUs) / elapsedUs : 0;
    return { cpu, rss_bytes: process.memoryUsage.rss() };
  }
}

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuUs: user + system };
}
