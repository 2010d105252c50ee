/**
 * A fleet's ClickHouse: bytes for a host and day, and how many hosts one server takes, with Debian's clickhouse-server.
 *
 *     node bench/clickhouse.ts [INTERVALS]      of ten seconds and a thousand queries each, as an agent appends them
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '../src/base/units.ts';
import { openStore } from '../src/store/index.ts';
import { ClickHouseServer } from '../src/store/testing/clickhouse-server.ts';
import { Generator } from '../src/store/testing/generate.ts';

const intervals = Number(process.argv[2] ?? 90);
const A_DAY = 8640;
const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
const server = await ClickHouseServer.make();
try {
  const store = await openStore(server.url('bench'), { spool: { folder, maxBytes: 2 ** 32 } });
  const generator = new Generator({ queries: 1000 });
  const start = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
  // While no server runs: what is measured then is the server.
  const { user: before } = process.cpuUsage();
  for (let n = 0; n < intervals; n++) await store.append(generator.interval(start + n * 10_000));
  console.log(
    `spooled: ${((process.cpuUsage().user - before) / 1000 / intervals).toFixed(1)} ms of CPU each, generated`,
  );
  await server.start();
  const began = performance.now();
  await store.maintain(Date.now());
  const seconds = (performance.now() - began) / 1000;
  const { pending, trouble } = await store.state();
  if (pending > 0) throw new Error(trouble ?? 'not delivered');
  const rows = Number(
    await server.ask(
      'SELECT (SELECT count() FROM bench.queries) + (SELECT count() FROM bench.waits) + (SELECT count() FROM bench.load)',
    ),
  );
  console.log(
    `${intervals} intervals, ${rows} rows in ${seconds.toFixed(1)} s: ${Math.round(rows / seconds)} rows/s, ${Math.round((intervals * 10) / seconds)} hosts`,
  );
  for (const kind of ['queries', 'waits', 'load']) {
    for (const level of ['', '_1min', '_1h']) {
      await server.ask(`OPTIMIZE TABLE bench.${kind}${level} FINAL`);
    }
  }
  const sizes = await server.ask(
    "SELECT table, sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench' GROUP BY table ORDER BY table",
  );
  for (const line of sizes.split('\n')) {
    const [table, bytes] = line.split('\t');
    console.log(`${table}: ${formatBytes((Number(bytes) / intervals) * A_DAY)} a host and day`);
  }
  await store.close();
} finally {
  await server.close();
  rmSync(folder, { recursive: true });
}
