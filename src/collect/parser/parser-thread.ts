/**
 * PostgreSQL's parser on a thread that is there only while new texts come: an agent beside quiet servers needs none of
 * its 25 MB. Who asks waits for the answer: some 0.1 ms, at the first text 0.1 s.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { ParsedStatement, StatementParser } from '../../postgres/fingerprint/index.ts';

export interface Asked {
  readonly method: 'parse' | 'split';
  readonly text: string;
}

/** Without a new text for so long the thread ends. */
const IDLE_MS = 30_000;
/**
 * It hangs in a text that nobody thought of: that, and what comes in the next minute, does not parse. What counts is the
 * CPU time of this process, which waits meanwhile, from when the thread has started.
 */
const LONGEST_CPU_MS = 5000;
/** A start takes 0.2 s of a CPU, and more than that limit of an emulated one. */
const LONGEST_START_CPU_MS = 60_000;
/**
 * Nobody works on it: it did not start, or has ended. On a host where fifty others want the CPU a start may take a
 * minute: parts of the waiting in which it got some do not count, and of a stop by SIGSTOP only one does.
 */
const LONGEST_IDLE_MS = 60_000;
const IDLE_CPU_MS = 2;
const PART_MS = 250;
const PAUSE_MS = 60_000;

/** Of the numbers that both threads see. */
export const ANSWERED = 0;
export const STARTED = 1;

interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly state: Int32Array;
}

export class ParserThread implements StatementParser {
  #running: Running | undefined;
  #idle: NodeJS.Timeout | undefined;
  #pausedUntil = 0;

  parse(text: string): ParsedStatement | undefined {
    return this.#ask({ method: 'parse', text }) as ParsedStatement | undefined;
  }

  split(text: string): string[] | undefined {
    return this.#ask({ method: 'split', text }) as string[] | undefined;
  }

  #ask(asked: Asked): unknown {
    if (performance.now() < this.#pausedUntil) return undefined;
    const running = this.#running ?? start();
    this.#running = running;
    this.#idle = this.#idle?.refresh() ?? setTimeout(() => this.#end(), IDLE_MS).unref();
    Atomics.store(running.state, ANSWERED, 0);
    running.port.postMessage(asked);
    if (!waitFor(running.state)) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.#end();
    }
    return receiveMessageOnPort(running.port)?.message as unknown;
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    void this.#running?.worker.terminate();
    this.#running = undefined;
  }
}

/** False when it takes too long. */
export function waitFor(state: Int32Array): boolean {
  const isStarted = () => Atomics.load(state, STARTED) !== 0;
  let [begin, started] = [cpuMs(), isStarted()];
  for (let idleMs = 0; idleMs < LONGEST_IDLE_MS; ) {
    const before = cpuMs();
    const ended = Atomics.wait(state, ANSWERED, 0, PART_MS);
    // Not by what woke us: the notice of the answer before may come after this question.
    if (Atomics.load(state, ANSWERED) !== 0) return true;
    const now = cpuMs();
    if (ended === 'timed-out' && now - before < IDLE_CPU_MS) idleMs += PART_MS;
    if (now - begin >= (started ? LONGEST_CPU_MS : LONGEST_START_CPU_MS)) return false;
    if (!started && isStarted()) [begin, started] = [now, true];
  }
  return false;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function start(): Running {
  const { port1: port, port2: theirs } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: { port: theirs, state },
    transferList: [theirs],
  });
  // Whoever waits for it notices.
  worker.on('error', () => {});
  worker.unref();
  port.unref();
  return { worker, port, state };
}
