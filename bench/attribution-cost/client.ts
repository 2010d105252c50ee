/** The session that is measured: client.c, and its backend, on one CPU before whatever else runs there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cluster } from '../../src/cluster/index.ts';

export const CPU = '1';

export class Client {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly backendPid: Promise<number>;

  readonly #folder = mkdtempSync(join(tmpdir(), 'attribution-cost-'));

  constructor(cluster: Cluster) {
    const program = join(this.#folder, 'client');
    const source = new URL('client.c', import.meta.url).pathname;
    execFileSync('gcc', ['-O2', '-o', program, source, '-I/usr/include/postgresql', '-lpq']);
    const target = `host=${cluster.socketDir} port=${cluster.port} user=${cluster.user} dbname=${cluster.user}`;
    this.#process = spawn('taskset', ['-c', CPU, program, target], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
    this.backendPid = this.#line().then(Number);
  }

  async prefer(): Promise<void> {
    const pid = await this.backendPid;
    execFileSync('taskset', ['-cp', CPU, String(pid)]);
    for (const one of [pid, this.#process.pid!]) setPriority(one, -15);
  }

  async execute(sql: string): Promise<void> {
    this.#process.stdin!.write(`s ${sql}\n`);
    const answer = await this.#line();
    if (answer !== 'ok') throw new Error(`${sql}: ${answer}`);
  }

  /** The 20th and the 50th percentile, ns. */
  async measure(count: number): Promise<readonly [number, number]> {
    this.#process.stdin!.write(`q ${count}\n`);
    const [low, median] = (await this.#line()).split(' ').map(Number);
    return [low!, median!];
  }

  close(): void {
    this.#process.stdin!.end();
    rmSync(this.#folder, { recursive: true });
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the client has ended');
    return value;
  }
}
