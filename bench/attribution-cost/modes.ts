/** What can be switched on and off between two windows: our program, others' tools, settings of the session. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { Assembler, aluImm, exit } from '../../src/bpf/asm/index.ts';
import { Elf } from '../../src/bpf/elf/index.ts';
import { type Collection, loadCollection } from '../../src/bpf/index.ts';
import { Engine } from '../../src/collect/attribution/engine.ts';
import { firstSight } from '../../src/collect/attribution/first-sight.ts';
import { innerProfile } from '../../src/collect/attribution/inner-profile.ts';
import { kernelProfile } from '../../src/collect/attribution/profile.ts';
import type { Signal } from '../../src/collect/attribution/program.ts';
import { discoverClusters } from '../../src/postgres/discover/index.ts';

export interface Mode {
  readonly name: string;
  on(): Promise<void>;
  off(): Promise<void>;
  close(): Promise<void>;
}

/** What is measured. */
export interface Subject {
  readonly pgdata: string;
  readonly postmaster: number;
  readonly program: string;
  /** Executes SQL in the session whose latency is measured. */
  execute(sql: string): Promise<void>;
}

/** The attribution program with these signals, attached and detached for each window. */
export async function pebble(name: string, { pgdata }: Subject, signals: readonly Signal[]): Promise<Mode> {
  const engine = await Engine.load(() => undefined, { signals });
  const cluster = discoverClusters().clusters.find((one) => one.pgdata === pgdata)!;
  const profile = kernelProfile(cluster, engine.ways);
  engine.setProfile(0, profile);
  if (signals.includes('inner')) engine.setInnerProfile(0, innerProfile(cluster));
  engine.watch(cluster.pid, 0, 'postmaster');
  for (const { pid } of cluster.children) engine.watch(pid, 0, firstSight(pid, profile));
  return {
    name,
    on: () => engine.attach(),
    off: async () => engine.detach(),
    close: async () => engine.close(),
  };
}

/** A uprobe that does nothing, on a function that begins with a push. */
export async function emptyUprobe({ program }: Subject): Promise<Mode> {
  const code = new Assembler();
  code.emit(aluImm('mov', 0, 0), exit());
  const insns = code.finish();
  const collection: Collection = await loadCollection({
    maps: [],
    programs: [{ name: 'empty', kind: 'kprobe', license: 'GPL', functions: [{ name: 'empty', parameters: 1, insns }] }],
    links: [],
  });
  const symbol = pushing(program, ['PortalRun', 'ExecutorRun', 'PortalStart', 'exec_replication_command']);
  let link: { close(): void } | undefined;
  return {
    name: `empty uprobe (${symbol})`,
    async on() {
      link = await collection.attach({
        kind: 'uprobe',
        program: 'empty',
        at: { binary: program, symbol },
        atReturn: false,
      });
    },
    async off() {
      link?.close();
    },
    close: async () => collection.close(),
  };
}

/** Its first instruction is a push (0x50–0x57, 0x41 0x50–0x57), which the kernel emulates instead of stepping over it. */
function pushing(program: string, names: readonly string[]): string {
  const elf = Elf.open(program);
  try {
    for (const name of names) {
      const symbol = elf.symbolTables().flatMap((table) => table.find(name) ?? [])[0];
      const offset = symbol && elf.fileOffset(symbol.address);
      if (offset !== undefined && isPush(readAt(program, offset))) return name;
    }
  } finally {
    elf.close();
  }
  throw new Error(`none of ${names.join(', ')} begins with a push in ${program}`);
}

function readAt(path: string, offset: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const code = new Uint8Array(2);
    readSync(file, code, 0, code.length, offset);
    return code;
  } finally {
    closeSync(file);
  }
}

const isPush = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0xf8) === 0x50 || (first === 0x41 && (second & 0xf8) === 0x50);

/** What is said in BEGIN is said before all is attached. */
const SETTLE_MS = 300;

/** Another tool as a process: measured once it says that it is ready. */
export function tool(name: string, command: string, options: readonly string[], ready: RegExp): Mode {
  let child: ChildProcess | undefined;
  return {
    name,
    async on() {
      child = spawn(command, options, { stdio: ['ignore', 'pipe', 'pipe'] });
      await new Promise<void>((resolve, reject) => {
        const look = (chunk: Buffer): void => {
          if (ready.test(chunk.toString())) setTimeout(resolve, SETTLE_MS);
        };
        child!.stdout!.on('data', look);
        child!.stderr!.on('data', look);
        child!.on('exit', (code) => reject(new Error(`${command} ended with ${code} before it was ready`)));
      });
    },
    async off() {
      const ended = once(child!, 'exit');
      child!.kill('SIGINT');
      const patience = setTimeout(() => child!.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(patience);
    },
    close: async () => undefined,
  };
}

export function setting(name: string, { execute }: Subject, on: string, off: string): Mode {
  return { name, on: () => execute(on), off: () => execute(off), close: async () => undefined };
}

const SELDOM = 2_000_000_000;
/** Samples every 10 ms, as it comes; it sees a new period when somebody asks for its profile. */
export function waitSampling({ execute }: Subject): Mode {
  const every = async (ms: number): Promise<void> => {
    await execute(`SET pg_wait_sampling.profile_period = ${ms}`);
    await execute('DO $$ BEGIN PERFORM count(*) FROM pg_wait_sampling_profile; END $$');
  };
  return { name: 'pg_wait_sampling', on: () => every(10), off: () => every(SELDOM), close: async () => undefined };
}
/** Its settings while it is off. */
export const NO_WAIT_SAMPLING = {
  'pg_wait_sampling.profile_period': String(SELDOM),
  'pg_wait_sampling.history_period': String(SELDOM),
};

/** Nothing: what the method itself sees. */
export const NOTHING: Mode = {
  name: 'nothing',
  on: async () => undefined,
  off: async () => undefined,
  close: async () => undefined,
};
