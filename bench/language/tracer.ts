/** A tracer that runs a script: when its probes were attached, what it took, what it printed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type TracerName = 'pebble' | 'bpftrace';

const PEBBLE = fileURLToPath(new URL('../../pebble', import.meta.url));
/** bpftrace 0.17 wants debugfs, which not every host has mounted. */
const WITH_DEBUGFS = 'mount -t debugfs nodev /sys/kernel/debug 2>/dev/null; exec bpftrace "$@"';
const COMMANDS: Readonly<Record<TracerName, readonly string[]>> = {
  pebble: [PEBBLE, 'trace'],
  bpftrace: ['unshare', '-m', 'sh', '-c', WITH_DEBUGFS, 'sh'],
};
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
/** For each of attaching and ending. */
const LIMIT_MS = 60_000;

export class Tracer {
  readonly pid: number;
  output = '';
  readonly #child: ChildProcess;
  readonly #start = performance.now();
  readonly #ended: Promise<void>;
  #attachedMs: number | undefined;

  constructor(name: TracerName, script: string) {
    const [command, ...args] = COMMANDS[name];
    const env = { ...process.env, [ATTACHED]: '1', BPFTRACE_MAP_KEYS_MAX: '20000', BPFTRACE_MAX_MAP_KEYS: '20000' };
    this.#child = spawn(command!, [...args, '-e', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.#child.pid!;
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('latin1');
      stream.on('data', (text: string) => {
        this.output += text;
        if (this.#attachedMs === undefined && this.output.slice(0, 2000).includes(ATTACHED))
          this.#attachedMs = performance.now() - this.#start;
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
    });
  }

  /** Milliseconds from its start. */
  async attached(): Promise<number> {
    while (this.#attachedMs === undefined) {
      const late = performance.now() - this.#start > LIMIT_MS;
      if (late || this.#child.exitCode !== null) throw new Error(`not attached: ${this.output.slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return this.#attachedMs;
  }

  /** Most memory that it had at once, in MiB. */
  get peakMemory(): number {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) / 1024;
  }

  /** Milliseconds from its start to its end by itself. */
  async end(): Promise<number> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS);
    await this.#ended;
    clearTimeout(late);
    if (this.#child.signalCode !== 'SIGKILL') return performance.now() - this.#start;
    throw new Error(`not ended after ${LIMIT_MS / 1000} s: ${this.output.slice(-500)}`);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.end();
  }
}
