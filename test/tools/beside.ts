/** What measuring a tool needs beside it: a load without end, and what the kernel counts of a process's programs. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));

/** Known loads one after the other, until it is stopped; the last one ends. */
export async function keepLoading(loads: readonly string[], signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', LOAD, loads[i % loads.length]!], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.end('go\n');
    await new Promise((resolve) => child.once('close', resolve));
  }
}

export interface ProgramRuns {
  /** Of all runs together. */
  readonly ns: number;
  readonly runs: number;
}

/** Of the programs that a process holds, while the kernel counts runs; nothing when it has ended. */
export function programRuns(pid: number): ProgramRuns {
  const programs = new Map<string, readonly [number, number]>();
  for (const text of fdinfoOf(pid)) {
    const read = (field: string) => new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)?.[1];
    const [id, ns, runs] = [read('prog_id'), read('run_time_ns'), read('run_cnt')];
    if (id !== undefined && runs !== undefined) programs.set(id, [Number(ns), Number(runs)]);
  }
  const all = [...programs.values()];
  return { ns: all.reduce((sum, [ns]) => sum + ns, 0), runs: all.reduce((sum, [, runs]) => sum + runs, 0) };
}

function fdinfoOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
  } catch {
    return [];
  }
}
