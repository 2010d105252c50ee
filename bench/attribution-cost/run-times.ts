/**
 * How long the attribution program runs for one request, hook by hook, as the kernel counts it, beside another tool in the
 * same minutes: `node bench/attribution-cost/run-times.ts [--windows N] [--queries N] [--reference LOADER] [--signals …]`.
 * LOADER as for index.ts. What is taken from a window's programs is not part of it; what tracepoints cost outside of
 * programs is not in it either. Shown is the lowest quarter of the windows: other load only adds.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { countRuns } from '../../src/bpf/index.ts';
import { startCluster } from '../../src/cluster/index.ts';
import type { Signal } from '../../src/collect/attribution/program.ts';
import { Client } from './client.ts';
import { pebble, type Subject } from './modes.ts';
import { programsOf } from './program-runs.ts';

const { values: given } = parseArgs({
  options: {
    windows: { type: 'string', default: '40' },
    queries: { type: 'string', default: '1000' },
    reference: { type: 'string' },
    signals: { type: 'string', default: '' },
  },
});

interface Tool {
  readonly name: string;
  readonly pid: () => number | 'self';
  on(): Promise<void>;
  off(): Promise<void>;
  /** By program: ns and runs a request, one of each window. */
  readonly seen: Map<string, { ns: number; runs: number }[]>;
}

function loader(command: string, postmaster: number): Tool {
  let child: ChildProcess | undefined;
  return {
    name: 'reference',
    pid: () => child!.pid!,
    async on() {
      child = spawn(command, [String(postmaster), '1000', '-q'], { stdio: ['ignore', 'ignore', 'pipe'] });
      await new Promise((resolve) => child!.stderr!.on('data', resolve));
    },
    async off() {
      const ended = once(child!, 'exit');
      child!.kill('SIGINT');
      await ended;
    },
    seen: new Map(),
  };
}

async function measure(tool: Tool, client: Client, count: number): Promise<void> {
  await tool.on();
  const stop = countRuns();
  await client.measure(50);
  const before = new Map(programsOf(tool.pid()).map((run) => [run.id, run]));
  await client.measure(count);
  const after = programsOf(tool.pid());
  stop();
  await tool.off();
  for (const { id, name, runs, ns } of after) {
    const old = before.get(id);
    if (!old || runs === old.runs) continue;
    // client.c executes 50 before it measures.
    const requests = count + 50;
    const windows = tool.seen.get(name) ?? [];
    tool.seen.set(name, windows);
    windows.push({ ns: (ns - old.ns) / requests, runs: (runs - old.runs) / requests });
  }
}

const quarter = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 2]!;

function print({ name, seen }: Tool): number {
  let sum = 0;
  for (const [program, windows] of [...seen].sort(([a], [b]) => a.localeCompare(b))) {
    const ns = quarter(windows.map((window) => window.ns));
    const runs = quarter(windows.map((window) => window.runs));
    sum += ns;
    console.log(`${name} | ${program} | ${runs.toFixed(1)} | ${(ns / runs).toFixed(0)} | ${ns.toFixed(0)}`);
  }
  console.log(`${name} | all | | | ${sum.toFixed(0)}`);
  return sum;
}

const cluster = await startCluster({ flavour: 'debian', settings: { compute_query_id: 'on' } });
try {
  const target = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, cluster.user];
  execFileSync('pgbench', ['-i', '-q', ...target], { stdio: 'ignore' });
  const client = new Client(cluster);
  await client.prefer();
  const postmaster = cluster.postmasterPid;
  const subject: Subject = { pgdata: cluster.pgdata, postmaster, program: '', execute: (sql) => client.execute(sql) };
  const own = await pebble('pebble', subject, given.signals.split(',').filter(Boolean) as Signal[]);
  const tools: Tool[] = [
    { name: own.name, pid: () => 'self', on: own.on, off: own.off, seen: new Map() },
    ...(given.reference ? [loader(given.reference, postmaster)] : []),
  ];
  await client.measure(5000);
  for (let window = 0; window < Number(given.windows); window++) {
    for (const tool of tools) await measure(tool, client, Number(given.queries));
  }
  console.log('tool | program | runs a request | ns a run | ns a request');
  const [pebbleNs, referenceNs] = tools.map(print);
  if (referenceNs) console.log(`pebble : reference = ${(pebbleNs! / referenceNs).toFixed(2)}`);
  await own.close();
  client.close();
} finally {
  await cluster.stop();
}
