/** Waits that PostgreSQL has no event for are named by what the process asked of the kernel, and by whom it waits for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows, WaitRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { discoverClusters } from '../../src/postgres/discover/index.ts';
import { SERVERS, UNABLE } from './servers.ts';
import { total } from './watch.ts';

const STOPPED_MS = 700;
/** A statement that fills the pipe to the log collector (64 KB, fs/pipe.c) when it is logged; the server shows its beginning. */
const LONG = `SELECT '${'x'.repeat(100_000)}' AS logged`;

test('a log collector that does not read is waited for, by name', { skip: UNABLE }, async () => {
  const settings = { logging_collector: 'on', log_statement: 'all', log_directory: 'log' };
  const cluster = await startCluster({ ...SERVERS[0]!, settings });
  const logger = loggerOf(cluster.pgdata);
  const attribution = await Attribution.start({ pgdata: cluster.pgdata });
  try {
    const connection = await Connection.open(cluster);
    const first = attribution.read();
    const [waits, queries] = [new WaitRows(first), new QueryRows(first)];
    process.kill(logger, 'SIGSTOP');
    const stopped = performance.now();
    const logging = connection.query(LONG);
    await sleep(STOPPED_MS / 2);
    const half = waits.advance(attribution.read());
    await sleep(STOPPED_MS / 2);
    process.kill(logger, 'SIGCONT');
    await logging;
    const elapsed = performance.now() - stopped;
    const now = attribution.read();
    const own = [...half, ...waits.advance(now)].filter(
      ({ wait_event_type, wait_event, query_truncated }) =>
        `${wait_event_type}:${wait_event}` === 'Kernel:write (pipe)' && query_truncated,
    );
    assert.match(
      half.find((row) => own.includes(row))?.wait_on ?? '',
      new RegExp(`^postgres: .*logger.*, pid ${logger}$`),
    );
    const waited = total(own, (row) => row.total_us) / 1000;
    assert.ok(waited > STOPPED_MS * 0.8 && waited < elapsed, `${waited} of ${elapsed} ms`);
    const [query] = queries.advance(now).filter((row) => row.query_truncated);
    assert.ok(query!.on_cpu_us < query!.off_cpu_us / 2, `${query!.on_cpu_us} µs on a CPU`);
    await connection.close();
  } finally {
    process.kill(logger, 'SIGCONT');
    attribution.close();
    await cluster.stop();
  }
});

function loggerOf(pgdata: string): number {
  const cluster = discoverClusters().clusters.find((one) => one.pgdata === pgdata);
  return cluster!.children.find(({ pid }) => /logger/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))!.pid;
}
