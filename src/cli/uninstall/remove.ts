/** Ends what holds Pebble's objects, removes their pins, and asks the kernel for every one of them afterwards. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInKernel, type KernelObject } from '../../bpf/inventory/index.ts';
import { isAlive } from '../../collect/attribution/index.ts';
import type { Footprint } from './footprint.ts';

const UNIT = 'pebble-agent.service';
/** An agent writes its last interval first; systemd gives it as long. */
const PATIENCE_MS = 20_000;
/** The kernel frees maps some time after their last holder has gone. */
const FREEING_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** True where the service was there; it must go first, or systemd starts the agent again. */
export function stopService(): boolean {
  if (!existsSync('/run/systemd/system')) return false;
  try {
    execFileSync('systemctl', ['cat', UNIT], { stdio: 'ignore' });
  } catch {
    return false;
  }
  execFileSync('systemctl', ['disable', '--now', UNIT], { stdio: 'ignore' });
  return true;
}

/** Told to end; those that do not in time are killed, which the kernel's objects do not outlive either. */
export async function endProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGTERM');
  await untilOver(() => !pids.some(isAlive), PATIENCE_MS);
  for (const pid of pids.filter(isAlive)) signal(pid, 'SIGKILL');
  await untilOver(() => !pids.some(isAlive), PATIENCE_MS);
}

export function removePins(pins: readonly string[]): void {
  for (const path of pins) rmSync(path, { force: true });
}

/** What is still in the kernel, after as long as freeing may take. */
export async function whatIsLeft({ objects }: Footprint): Promise<KernelObject[]> {
  const left = (): KernelObject[] => objects.filter(({ kind, id }) => isInKernel(kind, id));
  await untilOver(() => left().length === 0, FREEING_MS);
  return left();
}

async function untilOver(isOver: () => boolean, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isOver() && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Ended meanwhile.
  }
}
