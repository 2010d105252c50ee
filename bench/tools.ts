/**
 * Ready-made tools beside those of BCC and bpftrace as Debian installs them: what each prints here, how soon, at what cost.
 * A load that makes the tool's event runs the whole time; each tool is ended soon after the kernel has run its programs.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countRuns } from '../src/bpf/programs/index.ts';
import { listTools } from '../src/toolbox/index.ts';
import { keepLoading, programRuns } from '../test/tools/beside.ts';
import { HOST_CASES } from '../test/tools/cases/host/index.ts';

const ROOT = join(import.meta.dirname, '..');
/** After its first event a tool goes on for so long. */
const GOES_ON_MS = 1500;
/** How long a tool may take to its end after Ctrl-C. */
const ENDS_MS = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // Seconds until the first event; more on a busy machine.
  options: { patience: { type: 'string', default: '6' } },
});
const PATIENCE_MS = Number(values.patience) * 1000;

/** Where BCC calls it otherwise. */
const BCC_NAMES: Readonly<Record<string, string>> = { reclaim: 'drsnoop', sslsnoop: 'sslsniff' };
const ARGUMENTS: Readonly<Record<string, readonly [ours: readonly string[], bcc: readonly string[]]>> = {
  argdist: [
    ['libc', 'fsync'],
    ['-C', 'p:c:fsync(int fd):int:fd'],
  ],
  ext4slower: [['--min-us', '0'], ['0']],
  fileslower: [['--min-us', '0'], ['0']],
  funccount: [['libc', 'fsync'], ['c:fsync']],
  funclatency: [['libc', 'fsync'], ['c:fsync']],
  runqslower: [['--min-us', '0'], ['1']],
  stackcount: [['sched:sched_process_fork'], ['t:sched:sched_process_fork']],
  trace: [['libc', 'fsync'], ['c:fsync "%d", arg1']],
  xfsslower: [['--min-us', '0'], ['0']],
};

interface Outcome {
  /** From its start until the kernel has run a program of its. */
  readonly firstMs: number | undefined;
  readonly lines: number;
  readonly complaint: string;
  readonly nsPerRun: number;
}

/** Runs it until it has seen something, ends it as Ctrl-C does. */
async function outcome(command: string, args: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(command, args, { env: { ...process.env, PYTHONUNBUFFERED: '1' } });
  const [stdout, stderr] = ['stdout', 'stderr'].map((stream) => collect(child[stream as 'stdout']));
  const ended = new Promise((resolve) => child.once('close', resolve));
  let counted = { ns: 0, runs: 0 };
  let firstMs: number | undefined;
  const isOver = (ms: number) => ms > (firstMs === undefined ? PATIENCE_MS : firstMs + GOES_ON_MS);
  for (let ms = 0; !isOver(ms) && child.exitCode === null; ms = performance.now() - start) {
    await sleep(20);
    const now = programRuns(child.pid!);
    if (now.runs > 0) firstMs ??= performance.now() - start;
    if (now.runs >= counted.runs) counted = now;
  }
  child.kill('SIGINT');
  await Promise.race([ended, sleep(ENDS_MS)]);
  child.kill('SIGKILL');
  await ended;
  const lines = stdout!()
    .split('\n')
    .filter((line) => /\S/.test(line));
  return { firstMs, lines: lines.length, complaint: complaintOf(stderr!()), nsPerRun: counted.ns / counted.runs };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

const complaintOf = (text: string): string =>
  text
    .split('\n')
    .find((line) => /error|unable|fail|no such|cannot/i.test(line) && !/RLIMIT_MEMLOCK|WARN/.test(line)) ?? '';

function cell(result: Outcome | undefined): string {
  if (!result) return '–';
  const { firstMs, lines, complaint, nsPerRun } = result;
  if (firstMs !== undefined) return `${lines} lines; ${Math.round(firstMs)} ms; ${Math.round(nsPerRun)} ns`;
  return complaint ? `fails: ${complaint.trim().slice(0, 70).replaceAll('|', '\\|')}` : `no event`;
}

/** bpftrace looks for tracefs only where debugfs is: it gets a mount of its own. */
const bpftrace = (script: string): Promise<Outcome> =>
  outcome('unshare', [...['-m', 'sh', '-c', 'mount -t debugfs nodev /sys/kernel/debug; exec bpftrace "$0"'], script]);
const bcc = (program: string, args: readonly string[]): Promise<Outcome> =>
  outcome('unshare', ['-m', 'sh', '-c', 'mount -t debugfs nodev /sys/kernel/debug; exec "$@"', 'sh', program, ...args]);

async function row(tool: string): Promise<readonly [ours: Outcome, bpftrace?: Outcome | undefined, bcc?: Outcome]> {
  const [own = [], theirs = []] = ARGUMENTS[tool] ?? [];
  const script = `/usr/sbin/${tool}.bt`;
  const program = `/usr/sbin/${BCC_NAMES[tool] ?? tool}-bpfcc`;
  const ours = await outcome(join(ROOT, 'pebble'), ['run', tool, ...own]);
  const second = existsSync(script) ? await bpftrace(script) : undefined;
  return existsSync(program) ? [ours, second, await bcc(program, theirs)] : [ours, second];
}

const known = listTools().filter(({ name }) => !name.startsWith('pg') && HOST_CASES.some(({ tool }) => tool === name));
const wanted = positionals.length > 0 ? known.filter(({ name }) => positionals.includes(name)) : known;
const sums = [0, 0, 0];
const stopCounting = countRuns();
const begun = performance.now();
process.stdout.write('| tool | Pebble | bpftrace 0.17 | BCC 0.26 |\n| --- | --- | --- | --- |\n');
for (const { name } of wanted) {
  const stop = new AbortController();
  const loads = HOST_CASES.filter(({ tool }) => tool === name).map(({ load }) => load);
  const loading = keepLoading(loads, stop.signal);
  const outcomes = await row(name);
  stop.abort();
  await loading;
  for (const [at, one] of outcomes.entries()) if (one?.firstMs !== undefined) sums[at]! += 1;
  process.stdout.write(`| ${name} | ${[0, 1, 2].map((at) => cell(outcomes[at])).join(' | ')} |\n`);
}
stopCounting();
const seconds = Math.round((performance.now() - begun) / 1000);
process.stdout.write(
  `| tools that see their event | ${sums.join(' | ')} |\n\n${wanted.length} tools in ${seconds} s.\n`,
);
