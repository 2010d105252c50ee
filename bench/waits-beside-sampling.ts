/**
 * Waits by event beside pg_wait_sampling at 1 ms, on the same server at the same time: node bench/waits-beside-sampling.ts [seconds].
 * A sample finds a process at its wait also while it waits for a CPU, which is no wait for us: so the server runs at real-time
 * priority, before everything else on the machine. What remains of that in WALSync is told by two more sources: the
 * server's own clock around fdatasync (track_wal_io_timing), and tracepoints that say what part of it was sleep.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../src/cluster/index.ts';
import { Attribution, WaitRows } from '../src/collect/attribution/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { listChildren } from '../src/postgres/discover/index.ts';
import { pgbench } from '../test/accuracy/pgbench.ts';

const SECONDS = Number(process.argv[2] ?? 20);
const LIBRARY = '/usr/lib/postgresql/15/lib/pg_wait_sampling.so';
/** Those of the bar; of others a sample finds the event's name while the process is on a CPU. */
const JUDGED = /^(Lock:|Timeout:PgSleep$)/;
const SYNC = 'IO:WALSync';
const MOST_APART = 0.1;
/** Less than this is too few samples to judge. */
const ENOUGH_MS = 300;

if (!existsSync(LIBRARY)) {
  console.log(`${LIBRARY} is missing: apt-get install postgresql-15-pg-wait-sampling`);
  process.exit(4);
}

let stopping = false;
const cluster = await startCluster({
  flavour: 'debian',
  major: 15,
  settings: {
    compute_query_id: 'on',
    shared_preload_libraries: 'pg_wait_sampling',
    'pg_wait_sampling.profile_period': '1',
    'pg_wait_sampling.profile_queries': 'off',
    track_wal_io_timing: 'on',
  },
});
try {
  for (const pid of [cluster.postmasterPid, ...listChildren(cluster.postmasterPid)]) {
    execFileSync('chrt', ['--rr', '--pid', '1', String(pid)]);
  }
  await pgbench(cluster, '-i', '-q');
  const [control, sleeper, napper] = await Promise.all([1, 2, 3].map(() => Connection.open(cluster)));
  await control!.query('CREATE EXTENSION pg_wait_sampling');
  const attribution = await Attribution.start({ pgdata: cluster.pgdata });
  const [backend] = (await sleeper!.query('SELECT pg_backend_pid()'))[0]!.rows[0]!;
  const endTrace = await traceSyncs();
  const asleep = sleeper!.query(`SELECT pg_sleep(${SECONDS + 4}), 'calibrates' AS calibrates`);
  await sleep(1000);
  await control!.query('SELECT pg_wait_sampling_reset_profile()');
  const walBefore = await walSyncMs(control!);
  const waits = new WaitRows(attribution.read());
  const from = performance.now();
  const load = pgbench(cluster, '-n', '-c', '8', '-T', String(SECONDS + 2));
  const naps = nap(napper!);
  await sleep(SECONDS * 1000);
  const [sampled] = await control!.query(
    "SELECT event_type || ':' || event, sum(count) FILTER (WHERE pid <> " +
      `${backend}), sum(count) FILTER (WHERE pid = ${backend}) FROM pg_wait_sampling_profile WHERE event IS NOT NULL GROUP BY 1`,
  );
  const rows = waits.advance(attribution.read());
  const syncs = await endTrace();
  const walMs = (await walSyncMs(control!)) - walBefore;
  const observedMs = performance.now() - from;
  attribution.close();
  await Promise.all([load, asleep]);
  stopping = true;
  await naps;

  // One that sleeps throughout says how long a sample stands for: a busy machine stretches the period.
  const calibration = sampled!.rows.find(([, , own]) => Number(own) > 0);
  const periodMs = observedMs / Number(calibration![2]);
  console.log(`a sample stands for ${periodMs.toFixed(3)} ms`);
  const ours = new Map<string, number>();
  for (const { query, wait_event_type, wait_event, total_us } of rows) {
    if (query?.includes('calibrates')) continue;
    const name = `${wait_event_type}:${wait_event}`;
    ours.set(name, (ours.get(name) ?? 0) + total_us / 1000);
  }
  const sampledSyncs = Number(sampled!.rows.find(([event]) => event === SYNC)?.[1] ?? 0) * periodMs;
  const missedSync = reportSyncs(syncs, { ours: ours.get(SYNC) ?? 0, sampled: sampledSyncs, server: walMs });
  let missed = missedSync ? 1 : 0;
  for (const [name, count] of sampled!.rows
    .map(([event, n]) => [event!, Number(n ?? 0)] as const)
    .sort((a, b) => b[1] - a[1])) {
    const theirs = count * periodMs;
    if (/^(Activity|Client):/.test(name) || theirs < ENOUGH_MS) continue;
    const apart = (ours.get(name) ?? 0) / theirs - 1;
    const isJudged = JUDGED.test(name);
    if (isJudged && Math.abs(apart) > MOST_APART) missed += 1;
    const verdict = isJudged ? verdictOn(apart) : name === SYNC ? 'see above' : 'not judged';
    console.log(
      `${name.padEnd(28)} pebble ${(ours.get(name) ?? 0).toFixed(0).padStart(7)} ms, pg_wait_sampling ${theirs.toFixed(0).padStart(7)} ms, ${(apart * 100).toFixed(1).padStart(6)} %  ${verdict}`,
    );
  }
  process.exitCode = missed > 0 ? 1 : 0;
  await Promise.all([control, sleeper, napper].map((connection) => connection!.close()));
} finally {
  await cluster.stop();
}

interface Syncs {
  /** ms of all fdatasync calls of the server: asleep, then ready to run, and running. */
  readonly asleep: number;
  readonly ready: number;
  readonly running: number;
}

/** Of the server's fdatasync calls by tracepoints, which owe nothing to attribution; from when they are attached. */
async function traceSyncs(): Promise<() => Promise<Syncs>> {
  const script = `
    tracepoint:syscalls:sys_enter_fdatasync /curtask->real_parent->tgid == ${cluster.postmasterPid}/ {
      @at[tid] = nsecs;
      @state[tid] = 1;
    }
    tracepoint:syscalls:sys_exit_fdatasync /@at[tid]/ {
      @running += nsecs - @at[tid];
      delete(@at, tid);
    }
    tracepoint:sched:sched_switch /@at[args.prev_pid]/ {
      @running += nsecs - @at[args.prev_pid];
      @at[args.prev_pid] = nsecs;
      @state[args.prev_pid] = args.prev_state == 0 ? 3 : 2;
    }
    tracepoint:sched:sched_waking /@at[args.pid] && @state[args.pid] == 2/ {
      @asleep += nsecs - @at[args.pid];
      @at[args.pid] = nsecs;
      @state[args.pid] = 3;
    }
    tracepoint:sched:sched_switch /@at[args.next_pid]/ {
      if (@state[args.next_pid] == 3) { @ready += nsecs - @at[args.next_pid]; }
      if (@state[args.next_pid] == 2) { @asleep += nsecs - @at[args.next_pid]; }
      @at[args.next_pid] = nsecs;
      @state[args.next_pid] = 1;
    }
    BEGIN { printf("attached\\n"); }
    END { clear(@at); clear(@state); }`;
  const trace = spawn('./pebble', ['trace', '-e', script], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  await new Promise<void>((resolve) => {
    trace.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('attached\n')) resolve();
    });
  });
  return async () => {
    const ended = once(trace, 'close');
    trace.kill('SIGINT');
    await ended;
    const ms = (name: string): number => Number(new RegExp(`@${name}: (\\d+)`).exec(text)?.[1]) / 1e6;
    return { asleep: ms('asleep'), ready: ms('ready'), running: ms('running') };
  };
}

/** What the server's own clock says of the time in fdatasync. */
async function walSyncMs(connection: Connection): Promise<number> {
  const [result] = await connection.query('SELECT wal_sync_time FROM pg_stat_wal');
  return Number(result!.rows[0]![0]);
}

/** True where our figure is not the sleep in the calls, or what is not sleep in them does not explain the samples. */
function reportSyncs(
  { asleep, ready, running }: Syncs,
  { ours, sampled, server }: { readonly ours: number; readonly sampled: number; readonly server: number },
): boolean {
  const calls = asleep + ready + running;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  console.log(
    `fdatasync: ${ms(calls)} by tracepoints (${ms(asleep)} asleep, ${ms(ready)} ready to run, ${ms(running)} running), ${ms(server)} by pg_stat_wal`,
  );
  const apart = { ours: ours / asleep - 1, samples: sampled / calls - 1 };
  const line = (name: string, value: number): string => `${name} ${(value * 100).toFixed(1)} %: ${verdictOn(value)}`;
  console.log(line(`${SYNC}: pebble's ${ms(ours)} beside the sleep in the calls`, apart.ours));
  console.log(line(`${SYNC}: the samples' ${ms(sampled)} beside the whole calls`, apart.samples));
  return Object.values(apart).some((value) => Math.abs(value) > MOST_APART);
}

function verdictOn(apart: number): string {
  return Math.abs(apart) > MOST_APART ? 'missed' : 'within 10 %';
}

async function nap(connection: Connection): Promise<void> {
  while (!stopping) await connection.query('SELECT pg_sleep(0.005)');
}
