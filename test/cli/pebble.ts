/** Runs ./pebble as its users do, and sees what a run leaves on the host. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closeFd, fdById } from '../../src/bpf/sys/index.ts';

export const PEBBLE = fileURLToPath(new URL('../../pebble', import.meta.url));

/** Probe of the tests here; a reason where they must be skipped. */
export const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'watching PostgreSQL needs root';

/** Patience with a busy machine, or with an emulated one (seconds), not what users should wait. */
const PATIENCE_MS = Number(process.env.PEBBLE_TEST_PATIENCE ?? 120) * 1000;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run to its end. */
export function pebble(...argv: string[]): Ended {
  return command(PEBBLE, ...argv);
}

export function command(program: string, ...argv: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', timeout: PATIENCE_MS });
  return { status, stdout, stderr };
}

/** A run that goes on beside the test. */
export class Running {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  /** Another program than Pebble must replace itself by it. */
  constructor(argv: readonly string[], env: NodeJS.ProcessEnv = {}, program: string = PEBBLE) {
    this.#child = spawn(program, argv, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status) => resolve({ status, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** The launcher replaces itself by Node: its pid is that of Pebble. */
  get pid(): number {
    return this.#child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As when the other end of a pipe has gone. */
  stopReading(): void {
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  /** Waits until it is so; fails when the run ends before. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    await until(what, () => isSo() || this.#hasEnded());
    if (!isSo()) throw new Error(`${what}: it ended before that: ${this.stderr}`);
  }

  /** Resolves when its window has begun. */
  async watching(): Promise<void> {
    await this.until('it watches', () => this.stderr.includes('pebble: watching for '));
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** Waits until it is so. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so after ${patienceMs} ms: ${what}`);
    await sleep(50);
  }
}

export interface KernelObject {
  readonly kind: 'program' | 'link' | 'map';
  readonly id: number;
}

const ID_LINES = { program: /^prog_id:\s*(\d+)/m, link: /^link_id:\s*(\d+)/m, map: /^map_id:\s*(\d+)/m };

/** What a process holds in the kernel's BPF, from /proc/PID/fdinfo; a link's own file names its program, too. */
export function kernelObjectsOf(pid: number): KernelObject[] {
  return namesIn(`/proc/${pid}/fdinfo`).flatMap((fd) => {
    const text = textOf(`/proc/${pid}/fdinfo/${fd}`);
    return (['program', 'link', 'map'] as const).flatMap((kind) => {
      const id = ID_LINES[kind].exec(text)?.[1];
      return id === undefined ? [] : [{ kind, id: Number(id) }];
    });
  });
}

/** Waits until the kernel has freed them all: it does so some time after the last descriptor is closed. */
export async function assertFreed(objects: readonly KernelObject[]): Promise<void> {
  await until(`${objects.length} BPF objects are freed`, () => !objects.some(isInKernel), 30_000);
}

function isInKernel({ kind, id }: KernelObject): boolean {
  const fd = fdById(kind, id);
  if (fd < 0) return false;
  closeFd(fd);
  return true;
}

/** A directory for temporary files of one run, and of nobody else: what is in it afterwards was left behind. */
export class TemporaryDirectory {
  /** Short, because sockets lie below; as open as /tmp, because PostgreSQL's user writes there. */
  readonly path: string = mkdtempSync('/tmp/pebble-cli-');

  constructor() {
    chmodSync(this.path, 0o1777);
  }

  get entries(): string[] {
    return readdirSync(this.path);
  }

  /** Processes that work in it, or were started with it as their TMPDIR. */
  get processes(): number[] {
    return namesIn('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => linkOf(`/proc/${pid}/cwd`).startsWith(this.path) || this.#isIn(textOf(`/proc/${pid}/environ`)))
      .map(Number);
  }

  #isIn(environment: string): boolean {
    return environment.split('\0').includes(`TMPDIR=${this.path}`);
  }

  /** Kills what still runs there, and has not ended since. */
  remove(): void {
    for (const pid of this.processes) orNothing(() => process.kill(pid, 'SIGKILL'));
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

function namesIn(directory: string): string[] {
  return orNothing(() => readdirSync(directory)) ?? [];
}

function textOf(path: string): string {
  return orNothing(() => readFileSync(path, 'latin1')) ?? '';
}

function linkOf(path: string): string {
  return orNothing(() => readlinkSync(path)) ?? '';
}

/** Processes end while one looks. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
