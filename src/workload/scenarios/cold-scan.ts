/** A sequential scan of a table that neither shared_buffers nor the page cache holds. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Connection } from '../../postgres/client/index.ts';
import type { Scenario } from './scenario.ts';

const run = promisify(execFile);

export const coldScan: Scenario = {
  name: 'cold-scan',
  trouble: 'a report without an index reads 60 MB from disk every few seconds',
  sessions: 1,
  setup: [
    'CREATE UNLOGGED TABLE demo.archive (id int, note text) WITH (autovacuum_enabled = false)',
    'INSERT INTO demo.archive SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 200000) n',
    'CHECKPOINT',
  ],
  async run(session) {
    const { connection } = session;
    const file = await fileOf(connection);
    while (!session.stopped) {
      await evict(file);
      await connection.query("SELECT count(*) FROM demo.archive WHERE note LIKE '%needle%'");
      await session.pause(3_000);
    }
  },
};

async function fileOf(connection: Connection): Promise<string> {
  const sql = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('demo.archive')";
  return (await connection.query(sql))[0]!.rows[0]![0]!;
}

/** dd's "nocache" is posix_fadvise(POSIX_FADV_DONTNEED); where we may not open the file the scan is merely less cold. */
async function evict(file: string): Promise<void> {
  await run('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']).catch(() => {});
}
