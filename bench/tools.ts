/** Ready-made tools beside those of BCC and bpftrace as Debian installs them, in one run: what they print here, how soon, at what cost. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countRuns } from '../src/bpf/programs/index.ts';
import { keepLoading, programRuns } from '../test/tools/beside.ts';

const ROOT = join(import.meta.dirname, '..');
const LOADS = ['opens', 'stats', 'syncs', 'programs', 'signals', 'writes', 'connections'];
const SECONDS = 4;
const TOOLS = [
  ...[
    'biolatency',
    'biosnoop',
    'biotop',
    'bitesize',
    'cachestat',
    'capable',
    'cpudist',
    'execsnoop',
    'exitsnoop',
    'ext4slower',
  ],
  ...[
    'fileslower',
    'filetop',
    'funccount',
    'funclatency',
    'gethostlatency',
    'hardirqs',
    'killsnoop',
    'naptime',
    'offcputime',
  ],
  ...[
    'oomkill',
    'opensnoop',
    'pidpersec',
    'profile',
    'runqlat',
    'runqlen',
    'runqslower',
    'setuids',
    'softirqs',
    'statsnoop',
  ],
  ...['swapin', 'syncsnoop', 'syscount', 'tcpaccept', 'tcpconnect', 'tcpconnlat', 'tcpdrop', 'tcplife', 'tcpretrans'],
  ...['threadsnoop', 'vfsstat', 'wakeuptime', 'writeback'],
];

interface Outcome {
  readonly firstMs: number | undefined;
  readonly lines: number;
  readonly said: string;
  readonly nsPerRun: number | undefined;
}

/** Runs it for a while, ends it as Ctrl-C does. */
async function outcome(command: string, args: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(command, args, { env: { ...process.env, PYTHONUNBUFFERED: '1' } });
  let [stdout, stderr] = ['', ''];
  let counted = { ns: 0, runs: 0 };
  let attachedMs: number | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  while (performance.now() - start < SECONDS * 1000 && child.exitCode === null) {
    await sleep(20);
    const now = programRuns(child.pid!);
    if (now.runs > 0) attachedMs ??= performance.now() - start;
    if (now.runs >= counted.runs) counted = now;
  }
  child.kill('SIGINT');
  await Promise.race([ended, sleep(5000)]);
  child.kill('SIGKILL');
  await ended;
  const lines = stdout.split('\n').filter((line) => /\S/.test(line));
  const errors = stderr
    .split('\n')
    .filter((line) => /error|unable|fail|no such|cannot/i.test(line) && !/RLIMIT_MEMLOCK|WARNING/.test(line));
  return {
    firstMs: attachedMs,
    lines: lines.length,
    said: (attachedMs === undefined && errors[0]) || '',
    nsPerRun: counted.runs > 0 ? counted.ns / counted.runs : undefined,
  };
}

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  funccount: ['/bin/bash', 'readline*'],
  funclatency: ['/bin/bash', 'execute_command'],
};
const BCC_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  funccount: ['/bin/bash:readline*'],
  funclatency: ['/bin/bash:execute_command'],
};

function cell(result: Outcome | undefined): string {
  if (!result) return 'has none';
  const { firstMs, lines, said, nsPerRun } = result;
  if (firstMs === undefined)
    return said ? `fails: ${said.trim().slice(0, 60).replaceAll('|', '\\|')}` : `no event (${lines} lines)`;
  return `${lines} lines, first event ${Math.round(firstMs)} ms, ${Math.round(nsPerRun!)} ns a run`;
}

const stop = new AbortController();
const loading = keepLoading(LOADS, stop.signal);
const stopCounting = countRuns();
const wanted = process.argv.slice(2);
process.stdout.write('| tool | Pebble | bpftrace | BCC |\n| --- | --- | --- | --- |\n');
for (const tool of wanted.length > 0 ? wanted : TOOLS) {
  const ours = await outcome(join(ROOT, 'pebble'), ['run', tool, ...(ARGUMENTS[tool] ?? [])]);
  const script = `/usr/sbin/${tool}.bt`;
  const theirs = existsSync(script) ? await outcome('bpftrace', [script]) : undefined;
  const bcc = `/usr/sbin/${tool}-bpfcc`;
  const oldest = existsSync(bcc) ? await outcome(bcc, BCC_ARGUMENTS[tool] ?? []) : undefined;
  process.stdout.write(`| ${tool} | ${cell(ours)} | ${cell(theirs)} | ${cell(oldest)} |\n`);
}
stopCounting();
stop.abort();
await loading;
