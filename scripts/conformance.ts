/** `npm run conformance -- --suite DIR`: bpftrace's public runtime suite against `pebble trace`; fetched, never part of this repository. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { feature } from '../src/bpf/features/index.ts';
import { type Case, readCases } from '../test/conformance/cases.ts';
import { startResident } from '../test/conformance/resident/index.ts';
import { runCase } from '../test/conformance/run-case.ts';

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    only: { type: 'string', default: '.' },
    /** kernel: the cases that need kprobes or fentry. */
    kind: { type: 'string', default: 'all' },
    /** 2/10: of ten parts the second, for a machine that others use, too. */
    slice: { type: 'string', default: '1/1' },
    patience: { type: 'string', default: '1' },
    /** One tracer for all cases: where a start takes long. */
    resident: { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
  },
});
const suite = resolve(values.suite ?? '.');
const resident = values.resident ? startResident() : undefined;
const setting = {
  suite,
  command: resident?.command ?? `${join(import.meta.dirname, '../pebble')} trace`,
  patience: Number(values.patience),
};

/** Behind the colon of a bit field is its width. */
const probes = (names: string) => new RegExp(`(?:^|[\\s,'"{};=(])(?:${names}):(?!\\d+\\b)`, 'm');
const KPROBES = probes('kprobe|kretprobe|k|kr');
const FENTRY = probes('fentry|fexit|kfunc|kretfunc|f|fr');
/** What the suite calls features of a kernel, and what Pebble does not take: docs/language/compatibility.md. */
const KERNEL_FEATURES = {
  kprobe: 'kprobe',
  kprobe_multi: 'kprobe_multi',
  kprobe_session: 'kprobe_session',
  fentry: 'fentry',
  kfunc: 'fentry',
  uprobe_multi: 'uprobe_multi',
} as const;
const NOT_TAKEN = /--aot|--emit-|-d (?!ast|dis)\w|skboutput/;

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const one of readCases(suite).filter(isWanted).filter(inSlice)) {
  const reason = await missing(one);
  const from = performance.now();
  const result = reason ?? (await runCase(one, setting));
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const word = reason ? 'skipped' : result === undefined ? 'passed' : 'failed';
  counts[word]++;
  const detail = word === 'skipped' || (word === 'failed' && values.verbose) ? `: ${result}` : '';
  console.log(`${word.padEnd(8)} ${one.id}${reason ? '' : ` (${seconds} s)`}${detail}`);
}
console.log(
  `Linux ${release()}: ${counts.passed} of ${counts.passed + counts.failed} passed, ${counts.skipped} skipped`,
);
resident?.close();
process.exitCode = counts.failed > 0 ? 1 : 0;

function isWanted(one: Case): boolean {
  const text = textOf(one);
  const isKernel = KPROBES.test(text) || FENTRY.test(text);
  return new RegExp(values.only).test(one.id) && (values.kind === 'all' || isKernel);
}

/** What it runs, with the script that it names. */
function textOf({ run, program }: Case): string {
  const text = run ?? program ?? '';
  const script = /\bruntime\/scripts\/\S+\.bt\b/.exec(text)?.[0];
  return script && existsSync(join(suite, script)) ? `${text}\n${readFileSync(join(suite, script), 'utf8')}` : text;
}

function inSlice(_: Case, index: number): boolean {
  const [part, parts] = values.slice.split('/').map(Number);
  return index % parts! === part! - 1;
}

/** Why the case cannot run here. */
async function missing(one: Case): Promise<string | undefined> {
  const { needs } = one;
  const text = textOf(one);
  const taken = NOT_TAKEN.exec(text);
  if (taken) return `Pebble does not have ${taken[0]}`;
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;
  if (needs.architectures.length > 0 && !needs.architectures.includes(machine)) return `for ${needs.architectures}`;
  if (needs.from && isBefore(release(), needs.from)) return `since Linux ${needs.from}`;
  if (needs.to && isBefore(needs.to, release())) return `up to Linux ${needs.to}`;
  if (needs.pidNamespace) return 'wants a PID namespace of its own';
  if (KPROBES.test(text) && !(await feature('kprobe')).available) return 'this kernel has no kprobes';
  if (FENTRY.test(text) && !(await feature('fentry')).available) return 'this kernel refuses fentry';
  for (const name of needs.features) {
    const known = KERNEL_FEATURES[name.replace('!', '') as keyof typeof KERNEL_FEATURES];
    if (known && (await feature(known)).available === name.startsWith('!')) return `feature ${name}`;
    if (/^!?(?:aot|dwunwind|skboutput)$/.test(name) && !name.startsWith('!')) return `feature ${name}`;
  }
  const failing = needs.commands.find((command) => spawnSync('sh', ['-c', command], { cwd: suite }).status !== 0);
  return failing === undefined ? undefined : `"${failing}" fails`;
}

function isBefore(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => (text.match(/\d+/g) ?? []).slice(0, 2).map(Number));
  return x![0]! < y![0]! || (x![0] === y![0] && (x![1] ?? 0) < (y![1] ?? 0));
}
