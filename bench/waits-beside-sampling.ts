/**
 * Waits by event beside pg_wait_sampling at 1 ms, on the same server at the same time: node bench/waits-beside-sampling.ts [seconds].
 * A sample finds a process at its wait also while it waits for a CPU, which is no wait for us: so the server runs at real-time
 * priority, before everything else on the machine.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startCluster } from '../src/cluster/index.ts';
import { Attribution, WaitRows } from '../src/collect/attribution/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { listChildren } from '../src/postgres/discover/index.ts';
import { pgbench } from '../test/accuracy/pgbench.ts';

const SECONDS = Number(process.argv[2] ?? 20);
const LIBRARY = '/usr/lib/postgresql/15/lib/pg_wait_sampling.so';
/** Those of the bar; of others a sample finds the event's name while the process is on a CPU. */
const JUDGED = /^(Lock:|IO:WALSync$|Timeout:PgSleep$)/;
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
  const load = pgbench(cluster, '-n', '-c', '8', '-T', String(SECONDS + 2));
  const naps = nap(napper!);
  const asleep = sleeper!.query(`SELECT pg_sleep(${SECONDS + 2}), 'calibrates' AS calibrates`);
  await sleep(1000);
  await control!.query('SELECT pg_wait_sampling_reset_profile()');
  const waits = new WaitRows(attribution.read());
  const from = performance.now();
  const synced = traceSyncs();
  await sleep(SECONDS * 1000);
  const [sampled] = await control!.query(
    "SELECT event_type || ':' || event, sum(count) FILTER (WHERE pid <> " +
      `${backend}), sum(count) FILTER (WHERE pid = ${backend}) FROM pg_wait_sampling_profile WHERE event IS NOT NULL GROUP BY 1`,
  );
  const rows = waits.advance(attribution.read());
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
  console.log(
    `fdatasync took ${(await synced).toFixed(0)} ms by its system calls: what of it is no WALSync here was on a CPU or waited for one`,
  );
  let missed = 0;
  for (const [name, count] of sampled!.rows
    .map(([event, n]) => [event!, Number(n ?? 0)] as const)
    .sort((a, b) => b[1] - a[1])) {
    const theirs = count * periodMs;
    if (/^(Activity|Client):/.test(name) || theirs < ENOUGH_MS) continue;
    const apart = (ours.get(name) ?? 0) / theirs - 1;
    const isJudged = JUDGED.test(name);
    if (isJudged && Math.abs(apart) > MOST_APART) missed += 1;
    const verdict = isJudged ? (Math.abs(apart) > MOST_APART ? 'missed' : 'within 10 %') : 'not judged';
    console.log(
      `${name.padEnd(28)} pebble ${(ours.get(name) ?? 0).toFixed(0).padStart(7)} ms, pg_wait_sampling ${theirs.toFixed(0).padStart(7)} ms, ${(apart * 100).toFixed(1).padStart(6)} %  ${verdict}`,
    );
  }
  process.exitCode = missed > 0 ? 1 : 0;
  await Promise.all([control, sleeper, napper].map((connection) => connection!.close()));
} finally {
  await cluster.stop();
}

/** How long the server's fdatasync calls took, in ms: what a sampler sees of WALSync. */
async function traceSyncs(): Promise<number> {
  const script = `
    tracepoint:syscalls:sys_enter_fdatasync /curtask->real_parent->tgid == ${cluster.postmasterPid}/ { @begun[tid] = nsecs; }
    tracepoint:syscalls:sys_exit_fdatasync /@begun[tid]/ { @wall_ns += nsecs - @begun[tid]; delete(@begun, tid); }
    interval:s:${SECONDS} { print(@wall_ns); clear(@begun); clear(@wall_ns); exit(); }`;
  const options = { cwd: new URL('..', import.meta.url) };
  const { stdout } = await promisify(execFile)('./pebble', ['trace', '-e', script], options);
  return Number(/@wall_ns: (\d+)/.exec(stdout)?.[1]) / 1e6;
}

async function nap(connection: Connection): Promise<void> {
  while (!stopping) await connection.query('SELECT pg_sleep(0.005)');
}
