/** Runs one command in a virtual machine with a kernel of the table; one machine at a time on this host. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, globSync, openSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PebbleError } from '../../src/base/errors.ts';
import { cacheDirectory } from './cache.ts';
import { kernelPackage, unpacked, updateLists } from './debian.ts';
import { type Kernel, MACHINES } from './kernels.ts';
import { writeRoot } from './root.ts';

export interface Job {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Debian's PostgreSQL 15, and npm's where it is built for the machine, are there, too. */
  readonly postgres?: boolean;
  /** Kernel modules that are loaded before the command, in this order: of kernels whose package does not compress them. */
  readonly modules?: readonly string[];
  /** Files and folders of this machine that are to be at the same place there. */
  readonly others?: readonly string[];
  /** Of them two run; absent: only these are possible. */
  readonly possibleCpus?: number;
  /** From when the machine starts. */
  readonly timeoutSeconds?: number;
  /** Takes what the command prints. */
  readonly onLine: (line: string) => void;
}

export interface Outcome {
  /** Exit status of the command. */
  readonly status: number;
  /** `uname -r`. */
  readonly release: string;
  /** On the machine's clock: when the command began and when it ended. */
  readonly bootSeconds: number;
  readonly totalSeconds: number;
}

const TIMEOUT_SECONDS = 600;
/** Lines of the console that an error shows. */
const CONTEXT_LINES = 40;
/** What guest/init prints. */
const BEGINS = /^PEBBLE-GUEST begins (\S+) after ([\d.]+) s$/;
const ENDS = /^PEBBLE-GUEST ends (\d+) after ([\d.]+) s$/;

export async function runInMachine(kernel: Kernel, job: Job): Promise<Outcome> {
  requireQemu(kernel);
  updateLists();
  const { image, directory } = kernelImage(kernel);
  const root = openRoot(kernel, job, modulePaths(directory, job.modules ?? []));
  try {
    return await boot(kernel, image, root, job);
  } finally {
    closeSync(root);
  }
}

function requireQemu(kernel: Kernel): void {
  const { qemu, package: name } = MACHINES[kernel.arch];
  const directories = (process.env.PATH ?? '').split(delimiter);
  if (directories.some((directory) => existsSync(join(directory, qemu)))) return;
  throw new PebbleError('unsupported', {
    doing: `starting a virtual machine with Linux ${kernel.name}`,
    what: `${qemu} is not installed`,
    hint: `apt-get install --no-install-recommends ${name}`,
  });
}

interface KernelFiles {
  readonly image: string;
  /** Of its package, unpacked. */
  readonly directory: string;
}

function kernelImage(kernel: Kernel): KernelFiles {
  const name = kernelPackage(kernel.arch, kernel.version);
  const [directory] = unpacked([`${name}:${kernel.arch}`]);
  const [image] = globSync(['boot/vmlinuz-*', 'usr/lib/modules/*/vmlinuz'], { cwd: directory! });
  if (image !== undefined) return { image: join(directory!, image), directory: directory! };
  throw new PebbleError('format', { doing: `unpacking Debian's package ${name}`, what: 'no kernel image is in it' });
}

function modulePaths(directory: string, names: readonly string[]): string[] {
  return names.map((name) => {
    const [path] = globSync(`{,usr/}lib/modules/*/kernel/**/${name}.ko`, { cwd: directory });
    if (path !== undefined) return join(directory, path);
    throw new PebbleError('usage', {
      doing: `looking for ${name}.ko in ${directory}`,
      what: 'there is no such module',
    });
  });
}

/** Descriptor of the root file system, which has no name: nothing of it stays behind, however this process ends. */
function openRoot(kernel: Kernel, job: Job, modules: readonly string[]): number {
  const path = join(cacheDirectory(), `root-${kernel.name}-${process.pid}.cpio`);
  try {
    writeRoot(path, { ...job, arch: kernel.arch, postgres: job.postgres ?? false, others: job.others ?? [], modules });
    return openSync(path, 'r');
  } finally {
    rmSync(path, { force: true });
  }
}

async function boot(kernel: Kernel, image: string, root: number, job: Job): Promise<Outcome> {
  const child = start(kernel, image, root, job.possibleCpus ?? 2);
  const stop = () => process.kill(-child.pid!, 'SIGKILL');
  process.once('exit', stop);
  const limit = job.timeoutSeconds ?? TIMEOUT_SECONDS;
  let timer: NodeJS.Timeout | undefined;
  // The first output means that no other machine runs.
  child.stdout.once('data', () => {
    timer = setTimeout(stop, limit * 1000);
  });
  const { outcome, last } = await follow(child.stdout, job.onLine);
  clearTimeout(timer);
  process.removeListener('exit', stop);
  if (outcome !== undefined) return outcome;
  throw new PebbleError('kernel', {
    doing: `running ${job.command.join(' ')} on Linux ${kernel.name}`,
    what: child.signalCode === null ? 'the virtual machine ended before it' : `it did not end within ${limit} s`,
    detail: last.join('\n'),
  });
}

/** Two CPUs run. What else is possible waits to be started: the firmware's list of CPUs that may come later is ignored by some kernels. */
function start(
  kernel: Kernel,
  image: string,
  root: number,
  cpus: number,
): ChildProcess & { readonly stdout: Readable } {
  const { qemu, machine, cpu, console } = MACHINES[kernel.arch];
  const command = [
    ...['flock', '-o', join(cacheDirectory(), 'lock'), 'nice', qemu, '-machine', machine, '-cpu', kernel.cpu ?? cpu],
    ...['-accel', 'tcg,thread=single', '-smp', `${cpus}`],
    ...['-m', '2048', '-nic', 'none', '-no-reboot'],
    ...['-kernel', image, '-initrd', '/dev/fd/3'],
    ...['-append', `console=${console} quiet loglevel=2 panic=-1 mitigations=off maxcpus=2`],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
  ];
  // A process group of its own: ending it ends QEMU, too.
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit', root], detached: true });
  return child as typeof child & { readonly stdout: Readable };
}

/** Reads the console to its end; hands on what is between guest/init's two lines. */
async function follow(console: Readable, onLine: Job['onLine']): Promise<{ outcome?: Outcome; last: string[] }> {
  let begun: Pick<Outcome, 'release' | 'bootSeconds'> | undefined;
  let outcome: Outcome | undefined;
  const last: string[] = [];
  for await (const raw of createInterface({ input: console })) {
    const line = raw.replaceAll('\r', '');
    last.push(line);
    if (last.length > CONTEXT_LINES) last.shift();
    const [, release, bootSeconds] = BEGINS.exec(line) ?? [];
    const [, status, totalSeconds] = ENDS.exec(line) ?? [];
    if (release !== undefined) begun = { release, bootSeconds: Number(bootSeconds) };
    else if (begun && status !== undefined)
      outcome = { ...begun, status: Number(status), totalSeconds: Number(totalSeconds) };
    else if (begun && !outcome) onLine(line);
  }
  return { ...(outcome && { outcome }), last };
}
