/** What the agent itself uses: CPU, memory, and memory of its eBPF maps. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Cost {
  /** Parts of one CPU: since the reading before, and since the start of the process. */
  readonly cpu: number;
  readonly cpu_since_start: number;
  readonly rss_bytes: number;
  /** Null where the kernel does not say. */
  readonly bpf_memory_bytes: number | null;
}

export class CostMeter {
  #last = { us: 0, ms: 0 };
  #cost: Cost;

  constructor() {
    this.#cost = this.#read();
  }

  get cost(): Cost {
    return this.#cost;
  }

  /** A new reading; called once an interval. */
  advance(): Cost {
    this.#cost = this.#read();
    return this.#cost;
  }

  #read(): Cost {
    const { user, system } = process.cpuUsage();
    const now = { us: user + system, ms: process.uptime() * 1000 };
    const cpu = (now.us - this.#last.us) / 1000 / (now.ms - this.#last.ms);
    this.#last = now;
    return {
      cpu,
      cpu_since_start: now.us / 1000 / now.ms,
      rss_bytes: process.memoryUsage.rss(),
      bpf_memory_bytes: bpfMemory(),
    };
  }
}

/** `memlock` of each map in /proc/self/fdinfo: what it was charged with (kernel/bpf/syscall.c: bpf_map_show_fdinfo). */
function bpfMemory(): number | null {
  const maps = readdirSync('/proc/self/fdinfo').flatMap((fd) => readMap(`/proc/self/fdinfo/${fd}`) ?? []);
  // A map may be open under several descriptors.
  const byId = new Map(maps.map(({ id, bytes }) => [id, bytes]));
  return byId.size > 0 ? [...byId.values()].reduce((sum, bytes) => sum + bytes, 0) : null;
}

function readMap(path: string): { readonly id: number; readonly bytes: number } | undefined {
  try {
    const text = readFileSync(path, 'latin1');
    const id = /^map_id:\s*(\d+)$/m.exec(text);
    const bytes = /^memlock:\s*(\d+)$/m.exec(text);
    return id && bytes ? { id: Number(id[1]), bytes: Number(bytes[1]) } : undefined;
  } catch {
    // Closed since the folder was read.
    return undefined;
  }
}
