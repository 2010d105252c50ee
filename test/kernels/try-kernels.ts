/** Runs the matrix on this host and on kernels of the table, and collects the reports. */
import { spawn } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Column } from './document.ts';
import type { Kernel } from './kernels.ts';
import { runInMachine } from './machine.ts';
import { type Line, parseLine, reportOf } from './report.ts';

const GUEST = join(import.meta.dirname, 'guest/matrix.ts');
/** Much, because the machine may be busy with other things. */
const TIMEOUT_SECONDS = 3600;
const FLAG = '--disable-warning=ExperimentalWarning';

export async function tryHost(): Promise<Column> {
  const start = performance.now();
  const child = spawn(process.execPath, [FLAG, GUEST], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parseLine(text);
    if (line !== undefined) lines.push(line);
  }
  const seconds = (performance.now() - start) / 1000;
  return { report: reportOf(lines, { name: 'host', release: release(), seconds }) };
}

export async function tryKernel(kernel: Kernel, onOther: (text: string) => void): Promise<Column> {
  const lines: Line[] = [];
  const outcome = await runInMachine(kernel, {
    command: ['node', FLAG, GUEST],
    postgres: true,
    timeoutSeconds: TIMEOUT_SECONDS,
    onLine: (text) => {
      const line = parseLine(text);
      if (line === undefined) onOther(text);
      else lines.push(line);
    },
  });
  const about = { name: kernel.name, release: outcome.release, seconds: outcome.totalSeconds };
  return { kernel, report: reportOf(lines, about) };
}
