/** Runs test files, each in a process of its own that is ended when it says nothing for too long. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';

export interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly file?: string;
    readonly nesting?: number;
    readonly skip?: string | boolean;
    readonly details?: { readonly type?: string };
  };
}

export interface Limits {
  /** Of one test. */
  readonly testMs: number;
  /** Of the whole run. */
  readonly deadline: AbortSignal;
}

/** A test that is over its time is reported then; a file that says nothing for longer does not end. */
const SILENCE = 2.5;

/** What one file reports. Its process may wait for ever for a child or a timer that a test forgot: Node has no limit for that. */
export async function* runFile(file: string, { testMs, deadline }: Limits): AsyncGenerator<TestEvent> {
  const silence = new AbortController();
  const limit = setTimeout(() => silence.abort(silent(testMs * SILENCE)), testMs * SILENCE);
  const signal = AbortSignal.any([silence.signal, deadline]);
  signal.addEventListener('abort', () => endProcessesOf(file), { once: true });
  try {
    const events = run({ files: [resolve(file)], concurrency: 1, timeout: testMs, signal });
    for await (const event of events as AsyncIterable<TestEvent>) {
      limit.refresh();
      if (!isOfRun(event)) yield event;
    }
  } finally {
    clearTimeout(limit);
  }
}

function silent(ms: number): Error {
  return new Error(
    `it said nothing for ${ms / 1000} s: a test hangs, or a child or a timer is left after the last one`,
  );
}

/** Counts of one run() are of one file: the last lines are about all of them. */
function isOfRun({ type, data }: TestEvent): boolean {
  return type === 'test:plan' || type === 'test:summary' || (type === 'test:diagnostic' && data.file === undefined);
}

/** run() ends the file's process; what that has started (servers, watchers with probes) must not stay either. */
function endProcessesOf(file: string): void {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), parentOf(pid)]),
  );
  const isOfFile = (pid: number): boolean =>
    parents.get(pid) === process.pid && readOr(`/proc/${pid}/cmdline`).includes(resolve(file));
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (isOfFile(pid) || isBelow(parents.get(pid)));
  for (const pid of [...parents.keys()].filter(isBelow)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** The field after the state in /proc/PID/stat. */
function parentOf(pid: string): number {
  const stat = readOr(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
