/** Requests to devices against the servers' own count of what they read, with the page cache dropped and warm. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IoRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, IoRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SERVERS, UNABLE, withConnection } from './servers.ts';

const SETTINGS = { shared_buffers: '512kB', max_parallel_workers_per_gather: '0', autovacuum: 'off', fsync: 'on' };
/** 40 MB: more than the shared buffers. */
const TABLE = `CREATE TABLE heap AS SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 113000) i; VACUUM heap; CHECKPOINT`;
const SCAN = 'SELECT count(t) AS c_scan FROM heap';

for (const server of SERVERS) {
  describe(`I/O, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster({ ...server, settings: SETTINGS });
      await withConnection(cluster, async (connection) => {
        for (const sql of TABLE.split('; ')) await connection.query(sql);
      });
    });
    after(() => cluster.stop());

    test('a scan with the page cache dropped: every byte comes from the device, and is the statement’s', async () => {
      dropPageCache(cluster);
      const { rows, serverBytes, deviceBytes } = await scan(cluster);
      const reads = rows.filter((row) => row.kind === 'device' && row.operation === 'read' && isScan(row));
      const bytes = sum(reads);
      // Without pg_stat_io it is the kernel that says what the process has read, its program's own pages included.
      const expected = server.major >= 18 ? serverBytes : deviceBytes;
      assert.ok(Math.abs(bytes - expected) <= 0.02 * expected, `${bytes} of ${expected}`);
      const cache = rows.find((row) => row.kind === 'cache' && isScan(row));
      assert.ok(cache?.kind === 'cache' && (cache.cached_bytes ?? 0) <= 0.02 * cache.read_bytes, JSON.stringify(cache));
      const files = rows.filter((row) => row.kind === 'file' && isScan(row) && row.relation?.filenode);
      assert.ok(sum(files) >= 0.98 * serverBytes, `${sum(files)} bytes in files of relations`);
      assert.ok(reads.every((row) => row.kind === 'device' && row.latency_us.p50! > 0));
      const workers = rows.filter((row) => row.kind === 'device' && row.backend_type === 'io worker');
      assert.equal(sum(workers), 0, 'I/O workers read in the name of the statement');
    });

    test('the same again: the server reads as much, and the device nothing', async () => {
      await scan(cluster);
      const { rows, serverBytes } = await scan(cluster);
      assert.ok(serverBytes > 20e6, `${serverBytes}`);
      const bytes = sum(rows.filter((row) => row.kind === 'device' && row.operation === 'read' && isScan(row)));
      assert.ok(bytes <= 0.02 * serverBytes, `${bytes} of ${serverBytes}`);
      const cache = rows.find((row) => row.kind === 'cache' && isScan(row));
      assert.ok(cache?.kind === 'cache' && cache.cached_bytes! >= 0.98 * serverBytes, JSON.stringify(cache));
    });

    test('commits write and flush WAL in their own name', async () => {
      const rows = await rowsOf(cluster, async (connection) => {
        for (let i = 0; i < 23; i++) await connection.query(`CREATE TABLE c_commit_${i} (i int)`);
      });
      const writes = rows.filter(
        (row) => row.kind === 'file' && row.operation === 'write' && row.path?.startsWith('pg_wal/'),
      );
      const own = writes.filter((row) => row.kind === 'file' && row.fingerprint !== null);
      assert.ok(own.reduce((count, row) => count + ('count' in row ? row.count : 0), 0) >= 23, JSON.stringify(writes));
    });
  });
}

const isScan = (row: IoRow): boolean => 'query' in row && (row.query?.includes('c_scan') ?? false);
const sum = (rows: readonly IoRow[]): number =>
  rows.reduce((bytes, row) => bytes + ('bytes' in row ? row.bytes : 0), 0);

/** Of the cluster's large files, and of nobody else's: dd with no bytes to copy tells the kernel to forget a file. */
function dropPageCache({ pgdata }: Cluster): void {
  for (const name of readdirSync(join(pgdata, 'base'), { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name);
    if (name.isFile() && statSync(path).size > 1e6) {
      execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
  }
}

interface Scan {
  readonly rows: IoRow[];
  /** By pg_stat_io; before 18 by what the process has asked the kernel for. */
  readonly serverBytes: number;
  /** By /proc/PID/io: what the process made the kernel read. */
  readonly deviceBytes: number;
}

async function scan(cluster: Cluster): Promise<Scan> {
  let read = { serverBytes: 0, deviceBytes: 0 };
  const rows = await rowsOf(cluster, async (connection) => {
    const before = await bytesRead(cluster, connection);
    await connection.query(SCAN);
    const now = await bytesRead(cluster, connection);
    read = { serverBytes: now.serverBytes - before.serverBytes, deviceBytes: now.deviceBytes - before.deviceBytes };
  });
  return { rows, ...read };
}

async function bytesRead({ major }: Cluster, connection: Connection): Promise<Omit<Scan, 'rows'>> {
  const io = readFileSync(`/proc/${connection.backendPid}/io`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)![1]);
  if (major < 18) return { serverBytes: field('rchar'), deviceBytes: field('read_bytes') };
  await connection.query('SELECT pg_stat_force_next_flush()');
  const [result] = await connection.query(
    "SELECT sum(read_bytes) FROM pg_stat_io WHERE backend_type = 'client backend' AND object = 'relation'",
  );
  return { serverBytes: Number(result!.rows[0]![0]), deviceBytes: field('read_bytes') };
}

async function rowsOf(cluster: Cluster, load: (connection: Connection) => Promise<void>): Promise<IoRow[]> {
  const connection = await Connection.open(cluster);
  const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['io'] });
  try {
    const read = () => ({ totals: attribution.read(), io: attribution.readIo() });
    const rows = new IoRows(read());
    await load(connection);
    await sleep(100);
    return rows.advance(read());
  } finally {
    attribution.close();
    await connection.close();
  }
}
