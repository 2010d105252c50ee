/** A known load as a process of its own, which waits for its turn. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../cli/pebble.ts';
import { DONE, GO, PREPARED, READY, STAY } from './load.ts';

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));
/** A load that is counted twice in such a time, and the same, sleeps. */
const REST_MS = 50;

/** A process of load.ts, which waits for its turn; with counts it stays when it is done. */
export class Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<unknown>;
  readonly #counts: ((pid: number) => number) | undefined;
  readonly #tellsReady: boolean;
  said = '';

  constructor(load: string, counts: ((pid: number) => number) | undefined) {
    this.#counts = counts;
    this.#tellsReady = counts !== undefined || PREPARED[load] !== undefined;
    const argv = ['--disable-warning=ExperimentalWarning', LOAD, load, ...(counts ? [STAY] : [])];
    this.#child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.#ended = once(this.#child, 'close');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Without what is between it and us. */
  get words(): string {
    return this.said.replace(READY, '').replace(DONE, '').trim();
  }

  async ready(): Promise<void> {
    if (this.#tellsReady) await until('the load is ready', () => this.said.includes(READY));
  }

  /** Until it has done all. */
  async go(): Promise<void> {
    if (!this.#counts) {
      this.#child.stdin.end(GO);
      await this.#ended;
      return;
    }
    this.#child.stdin.write(GO);
    await until('the load is done', () => this.said.includes(DONE));
  }

  /** So far; 0 where nothing is counted of it. */
  count(): number {
    return this.#counts?.(this.pid) ?? 0;
  }

  /** What is counted when all of its threads sleep, and nothing is left for them to do. */
  async atRest(): Promise<number> {
    if (!this.#counts) return 0;
    let [last, now] = [-1, this.count()];
    for (; now !== last || !isAsleep(this.pid); [last, now] = [now, this.count()]) await sleep(REST_MS);
    return now;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const isAsleep = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((tid) =>
    /^State:\s+S/m.test(readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8')),
  );
