/**
 * Profiles beside perf at the same time on the same backend: whole stacks, and how far each function's own share is apart:
 * `node bench/profile-beside-perf.ts [SECONDS]`. perf samples more often, so that what chance leaves open is ours alone;
 * the backend goes before others, because a sample is taken only while it runs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileRow } from '../src/api/index.ts';
import { findDebianMajors, startCluster } from '../src/cluster/index.ts';
import { Attribution, windowBetween } from '../src/collect/attribution/index.ts';
import { Connection } from '../src/postgres/client/index.ts';

const SECONDS = Number(process.argv[2] ?? 45);
const TOP = 8;
const PERF_HZ = 499;
const OURS_HZ = 99;
const PRIORITY = -10;
/** Standard errors within which 95 of 100 differences of chance lie. */
const BY_CHANCE = 1.96;
const LOADS: Readonly<Record<string, string>> = {
  SELECT: 'SELECT sum(length(md5(i::text))) FROM generate_series(1, 100000) i',
  sort: 'SELECT count(*) FROM (SELECT md5(i::text) AS h FROM generate_series(1, 50000) i ORDER BY h) AS s',
  'hash join': 'SELECT count(*) FROM numbers a JOIN numbers b ON a.i = b.j',
  COPY: "COPY (SELECT i, md5(i::text) FROM generate_series(1, 100000) i) TO '/dev/null'",
};

const folder = mkdtempSync(join(tmpdir(), 'beside-perf-'));
for (const flavour of ['embedded' as const, ...(findDebianMajors().length > 0 ? ['debian' as const] : [])]) {
  const cluster = await startCluster({ flavour });
  const session = await Connection.open(cluster);
  setPriority(session.backendPid, PRIORITY);
  await session.query(
    'CREATE TABLE numbers AS SELECT i, i * 7919 % 100003 AS j FROM generate_series(1, 100000) i; ANALYZE numbers',
  );
  for (const [name, sql] of Object.entries(LOADS)) {
    const file = join(folder, 'perf.data');
    const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['profile'] });
    const first = attribution.read();
    const options = [
      'record',
      '-q',
      '-e',
      'cpu-clock',
      '-F',
      String(PERF_HZ),
      '--call-graph',
      'dwarf',
      '-p',
      String(session.backendPid),
      '-o',
      file,
    ];
    const perf = spawn('perf', [...options, '--', 'sleep', String(SECONDS)], { stdio: 'ignore' });
    const ended = once(perf, 'exit');
    while (perf.exitCode === null) await session.query(sql);
    await ended;
    const rows = await attribution.endProfile(windowBetween(first, attribution.read()));
    attribution.close();
    report(
      `${flavour} ${cluster.major}, ${name}`,
      rows.filter(({ fingerprint }) => fingerprint !== null),
      sharesOfPerf(file),
    );
  }
  await session.close();
  await cluster.stop();
}
rmSync(folder, { recursive: true });

/** Own share of each function by its name, 0 to 1. */
function sharesOfPerf(file: string): ReadonlyMap<string, number> {
  const text = execFileSync(
    'perf',
    ['report', '-i', file, '--no-children', '-g', 'none', '--stdio', '-F', 'overhead,symbol'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    },
  );
  const lines = text.split('\n').flatMap((line) => /^\s*([\d.]+)%\s+\[[.k]\]\s+(\S+)/.exec(line) ?? []);
  const shares = new Map<string, number>();
  for (let i = 0; i < lines.length; i += 3) shares.set(lines[i + 2]!, Number(lines[i + 1]) / 100);
  return shares;
}

function report(title: string, rows: readonly ProfileRow[], perf: ReadonlyMap<string, number>): void {
  const count = (of: readonly ProfileRow[]): number => of.reduce((sum, { samples }) => sum + samples, 0);
  const all = count(rows);
  const whole = count(rows.filter(({ complete }) => complete));
  const own = new Map<string, number>();
  let nameless = 0;
  for (const { stack, samples } of rows) {
    const leaf = stack.at(-1)!;
    if (!leaf.known) nameless += samples;
    own.set(leaf.function, (own.get(leaf.function) ?? 0) + samples / all);
  }
  const top = [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .filter(([name]) => perf.has(name));
  const apart = top.map(([name, share]) => ({ name, share, points: Math.abs(share - perf.get(name)!) * 100 }));
  const worst = apart.sort((a, b) => b.points - a.points)[0];
  const far = worst
    ? `${worst.points.toFixed(1)} points (${worst.name}, by chance up to ${chance(worst.share, all).toFixed(1)})`
    : 'no common name';
  console.log(
    `${title} | ${all} | ${((100 * whole) / all).toFixed(2)} % | ${((100 * nameless) / all).toFixed(0)} % | ${top.length} of ${TOP}: ${far}`,
  );
}

/** Points that two samplings of one share are apart by chance. */
function chance(share: number, samples: number): number {
  const both = 1 / samples + 1 / ((samples * PERF_HZ) / OURS_HZ);
  return 100 * BY_CHANCE * Math.sqrt(share * (1 - share) * both);
}
