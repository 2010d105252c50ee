/** Runs the matrix on this host and on kernels of the table, and collects the reports. */
import { spawn } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PebbleError } from '../../src/base/errors.ts';
import type { Column } from './document.ts';
import type { Kernel } from './kernels.ts';
import { runInMachine } from './machine.ts';
import { type Line, parseLine, reportOf } from './report.ts';

const GUEST = join(import.meta.dirname, 'guest/matrix.ts');
/** Much, because the machine may be busy with other things. */
const TIMEOUT_SECONDS = 3600;
const FLAG = '--disable-warning=ExperimentalWarning';

/** `parts` as guest/matrix.ts names them; all when there are none. */
export async function tryHost(parts: readonly string[]): Promise<Column> {
  const start = performance.now();
  const child = spawn(process.execPath, [FLAG, GUEST, ...parts], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parseLine(text);
    if (line !== undefined) lines.push(line);
  }
  const seconds = (performance.now() - start) / 1000;
  return { report: reportOf(lines, { name: 'host', release: release(), seconds }) };
}

/** What the machine has told before it ended too early counts, and so does that. */
export async function tryKernel(
  kernel: Kernel,
  parts: readonly string[],
  onOther: (text: string) => void,
): Promise<Column> {
  const start = performance.now();
  const lines: Line[] = [];
  const job = {
    command: ['node', FLAG, GUEST, ...parts],
    postgres: parts.length === 0 || parts.includes('attribution'),
    timeoutSeconds: TIMEOUT_SECONDS,
    onLine: (text: string) => {
      const line = parseLine(text);
      if (line === undefined) onOther(text);
      else lines.push(line);
    },
  };
  try {
    const { release: version, totalSeconds } = await runInMachine(kernel, job);
    return { kernel, report: reportOf(lines, { name: kernel.name, release: version, seconds: totalSeconds }) };
  } catch (error) {
    if (!(error instanceof PebbleError) || lines.length === 0) throw error;
    onOther(`${error.message}\n${error.detail ?? ''}`);
    lines.push({ kind: 'suite', value: { name: 'the machine', passed: 0, skipped: 0, failures: [error.message] } });
    const seconds = (performance.now() - start) / 1000;
    return { kernel, report: reportOf(lines, { name: kernel.name, release: kernel.version ?? 'newest', seconds }) };
  }
}
