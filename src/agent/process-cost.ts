/** What this process itself uses: CPU over its last readings and since its start, and memory. */

interface Reading {
  readonly atMs: number;
  readonly cpuUs: number;
}

/** Readings are a second apart or more: a short window would show single collections of garbage. */
const READINGS = 10;

export class ProcessCost {
  #readings: Reading[] = [read()];

  /** Parts of one CPU. */
  read(): { readonly cpu: number; readonly cpu_since_start: number; readonly rss_bytes: number } {
    this.#readings = [...this.#readings, read()].slice(-READINGS - 1);
    const [first, last] = [this.#readings[0]!, this.#readings.at(-1)!];
    const elapsedUs = (last.atMs - first.atMs) * 1000;
    const cpu = elapsedUs > 0 ? (last.cpuUs - first.cpuUs) / elapsedUs : 0;
    const cpuSinceStart = last.cpuUs / (process.uptime() * 1e6);
    return { cpu, cpu_since_start: cpuSinceStart, rss_bytes: process.memoryUsage.rss() };
  }
}

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuUs: user + system };
}
