/** The process that fuzzes: target after target, a slice each, until it is told to stop or dies of an input. */
import { openSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PROPERTIES } from './properties.ts';
import { Random } from './random.ts';
import { type Finding, FuzzSession } from './session.ts';
import { TARGETS } from './targets.ts';

/** What it is told at its start, as JSON in its only argument. */
export interface FuzzSetup {
  /** Where the input that is being tried stands: target:32 · inputs:32 · length:32 · bytes. */
  readonly state: string;
  readonly seed: number;
  readonly targets: readonly number[];
  readonly sliceMs: number;
}

/** What it tells after each slice. */
export interface SliceReport {
  readonly target: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly outcomes: number;
  readonly findings: readonly Finding[];
  /** Bytes in use after a collection, but for the inputs that are kept on purpose. */
  readonly memory: number;
  readonly resident: number;
}

export const STATE_HEADER = 12;
const LARGEST_INPUT = 1 << 20;

/** Writes each input down before it is tried: nobody can ask a process that hangs or is gone. */
function stateWriter(path: string): { target: number; write(input: Buffer): void } {
  const fd = openSync(path, 'w');
  const state = Buffer.alloc(STATE_HEADER + LARGEST_INPUT);
  let inputs = 0;
  return {
    target: 0,
    write(input) {
      state.writeUInt32LE(this.target, 0);
      state.writeUInt32LE(++inputs, 4);
      state.writeUInt32LE(Math.min(input.length, LARGEST_INPUT), 8);
      const end = STATE_HEADER + input.copy(state, STATE_HEADER);
      writeSync(fd, state, 0, end, 0);
    },
  };
}

async function main(setup: FuzzSetup): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const random = new Random(setup.seed);
  const state = stateWriter(setup.state);
  const sessions = setup.targets.map((index) => {
    state.target = index;
    return { index, session: new FuzzSession(TARGETS[index]!, random, (input) => state.write(input)) };
  });
  const keptBytes = () => sessions.reduce((sum, { session }) => sum + session.keptBytes, 0);
  for (;;) {
    for (const { index, session } of sessions) {
      state.target = index;
      const end = performance.now() + setup.sliceMs;
      while (performance.now() < end) session.step();
      await report(session, collect, keptBytes());
    }
    for (const { check } of PROPERTIES) for (let i = 0; i < 20; i++) check(new Random(random.word()));
  }
}

async function report(session: FuzzSession, collect: () => void, kept: number): Promise<void> {
  // Memory of buffers is given back by tasks that a collection leaves behind.
  for (let i = 0; i < 2; i++) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const { target, inputs, accepted, outcomes, findings } = session;
  const slice: SliceReport = {
    target: target.name,
    inputs,
    accepted,
    outcomes,
    findings: findings.splice(0),
    memory: heapUsed + arrayBuffers - kept,
    resident: rss,
  };
  process.send!(slice);
}

if (process.send !== undefined) await main(JSON.parse(process.argv[2]!) as FuzzSetup);
