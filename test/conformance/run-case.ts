/** Runs one case of the suite: the programs around it, the tracer, and what it must print. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { strftime } from '../../src/tracer/format/strftime.ts';
import type { Case, Mode } from './cases.ts';

export interface Setting {
  /** The directory with runtime/ and testprogs/. */
  readonly suite: string;
  /** Takes the place of {{BPFTRACE}}. */
  readonly command: string;
  /** Of all times, for machines that are slow. */
  readonly patience: number;
}

/** Printed by the tracer when probes are attached, if this is in its environment. */
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
const ATTACH_SECONDS = 10;
const POLL_MS = 20;

/** Undefined: passed. */
export async function runCase(one: Case, setting: Setting): Promise<string | undefined> {
  const { suite, patience } = setting;
  const shell = (command: string) => spawnSync('bash', ['-c', command], { cwd: suite, stdio: 'ignore' }).status;
  if (one.setup && shell(one.setup) !== 0) return `its set-up failed: ${one.setup}`;
  const befores = one.before.map((command) => start(command, suite));
  const others = [...befores];
  try {
    const pids = await Promise.all(befores.map((child, i) => named(child, programOf(one.before[i]!, suite), patience)));
    if (pids.includes(undefined)) return `"${one.before[pids.indexOf(undefined)]}" did not start`;
    const line = commandLine(one, setting).replaceAll('{{BEFORE_PID}}', String(pids[0] ?? ''));
    const environment = {
      ...process.env,
      test: one.id,
      TZ: process.env.TZ ?? 'UTC',
      ...one.environment,
      [ATTACHED]: '1',
    };
    const tracer = new Tracer(line, suite, environment);
    await tracer.follow({
      seconds: one.timeoutSeconds,
      patience,
      begin: () => void (one.after && others.push(start(one.after, suite))),
      isMet: () => unmet(one, tracer, suite).length === 0,
    });
    return verdict(one, tracer, suite);
  } finally {
    for (const child of others) end(child);
    if (one.cleanup) shell(one.cleanup);
  }
}

function commandLine({ run, program, expects }: Case, { command }: Setting): string {
  if (run !== undefined) return run.replaceAll('{{BPFTRACE}}', command);
  const json = expects[0]?.mode === 'json' ? '-q -f json ' : '';
  return `${command} ${json}-e '${program!.replaceAll("'", "'\\''")}'`;
}

interface Following {
  readonly seconds: number;
  readonly patience: number;
  begin(): void;
  isMet(): boolean;
}

class Tracer {
  output = '';
  /** Where in it begins what came after the probes were attached. */
  fromAttached = 0;
  code: number | null = null;
  timedOut = false;
  attached = false;
  readonly #child: ChildProcess;
  #ended = false;

  constructor(line: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = start(line, cwd, env);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#child.once('exit', (code) => {
      this.code = code;
      this.#ended = true;
    });
  }

  /** Until it ends, or for so long after its probes were attached. Patience is for what is not there yet. */
  async follow({ seconds, patience, begin, isMet }: Following): Promise<void> {
    const attachSeconds = ATTACH_SECONDS * patience;
    let enough = Number.POSITIVE_INFINITY;
    let deadline = performance.now() + attachSeconds * 1000;
    while (!this.#ended && performance.now() < deadline && !(performance.now() > enough && isMet())) {
      await sleep(POLL_MS * patience);
      if (this.attached || !new RegExp(`^${ATTACHED}$`, 'm').test(this.output)) continue;
      this.attached = true;
      this.fromAttached = this.output.indexOf(`${ATTACHED}\n`);
      this.output = this.output.replace(`${ATTACHED}\n`, '');
      enough = performance.now() + seconds * 1000;
      deadline = performance.now() + seconds * patience * 1000;
      begin();
    }
    this.timedOut = !this.#ended;
    if (this.timedOut) signal(this.#child, 'SIGTERM');
    for (let wait = 0; !this.#ended && wait < attachSeconds * 1000; wait += POLL_MS) await sleep(POLL_MS);
    signal(this.#child, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

function unmet(one: Case, { output, fromAttached }: Tracer, suite: string): Case['expects'] {
  return one.expects.filter(({ mode, text }) => {
    const isWhole = mode === 'file' || mode === 'json';
    const seen = isWhole ? output.slice(fromAttached) : output;
    if (mode !== 'file') return !isMet(mode, text, seen, suite);
    const wanted = readFileSync(join(suite, text), 'utf8');
    return trimmed(seen) !== trimmed(one.clock === undefined ? wanted : strftime(wanted, new Date(one.clock * 1000)));
  });
}

/** Many cases never end by themselves: what they printed counts. */
function verdict(one: Case, tracer: Tracer, suite: string): string | undefined {
  const { output, code, timedOut } = tracer;
  const missing = unmet(one, tracer, suite);
  const printed = ` It printed: ${JSON.stringify(output.slice(-1500))}`;
  if (missing.length > 0)
    return `expected ${missing.map(({ mode, text }) => `${mode} ${JSON.stringify(text)}`).join(', ')}.${printed}`;
  if (timedOut) return undefined;
  if (one.willFail) return code === 0 ? `it should have failed.${printed}` : undefined;
  return code === one.exitCode ? undefined : `exit status ${code}, not ${one.exitCode}.${printed}`;
}

function isMet(mode: Exclude<Mode, 'file'>, text: string, output: string, suite: string): boolean {
  const hasLine = () => output.split('\n').some((line) => line.trim() === text.trim());
  switch (mode) {
    case 'text':
      return text.includes('\n') ? output.includes(text) : hasLine();
    case 'text-none':
      return !hasLine();
    case 'regex':
      return new RegExp(text, 'm').test(output);
    case 'regex-none':
      return !new RegExp(text, 'm').test(output);
    case 'json':
      return sameJson(output, readFileSync(join(suite, text), 'utf8'));
  }
}

/** Without blank lines around and spaces at the ends. */
const trimmed = (text: string): string => text.replace(/[ \t]+$/gm, '').trim();

function sameJson(output: string, wanted: string): boolean {
  try {
    return isDeepStrictEqual(documents(output), documents(wanted));
  } catch {
    return false;
  }
}

/** One over many lines, or one on each. */
function documents(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}

/** In a process group of its own, which ends with it. */
function start(command: string, cwd: string, env?: NodeJS.ProcessEnv): ChildProcess {
  // The cases are written for it: its echo takes \\n as it stands.
  return spawn('bash', ['-c', command], {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, name);
  } catch {
    // It has ended.
  }
}

function end(child: ChildProcess): void {
  signal(child, 'SIGTERM');
  signal(child, 'SIGKILL');
}

/** The program of the suite that the command line names last: the ones before it run it in their place. */
function programOf(command: string, suite: string): string {
  const names = command.split(/\s+/).map((word) => basename(word));
  return (names.findLast((name) => existsSync(join(suite, 'testprogs', name))) ?? names[0]!).slice(0, 15);
}

/** The process of that name, once it runs. */
async function named(child: ChildProcess, name: string, patience: number): Promise<number | undefined> {
  for (let waited = 0; waited < ATTACH_SECONDS * 1000 * patience && child.exitCode === null; waited += POLL_MS) {
    const found = ofGroup(child.pid!).find(({ comm }) => comm === name);
    if (found) return found.pid;
    await sleep(POLL_MS);
  }
  return undefined;
}

function ofGroup(group: number): { pid: number; comm: string }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group
        ? [{ pid: Number(entry), comm: readFileSync(`/proc/${entry}/comm`, 'utf8').trim() }]
        : [];
    } catch {
      return [];
    }
  });
}
