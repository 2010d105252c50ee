/** A real standby of a cluster, from a base backup that is taken while it runs. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { withConnection } from '../accuracy/servers.ts';

export const STANDBY_NAME = 'pebble_standby';

/** npm's builds have no pg_basebackup: the low-level way, in one session (doc/src/sgml/backup.sgml). */
export function startStandby(primary: Cluster): Promise<Cluster> {
  const { flavour, major, port, user } = primary;
  return startCluster({
    flavour,
    major,
    settings: {
      primary_conninfo: `host=127.0.0.1 port=${port} user=${user} application_name=${STANDBY_NAME}`,
      synchronous_standby_names: '',
    },
    makeData: (directory) => backUp(primary, directory),
  });
}

function backUp(primary: Cluster, directory: string): Promise<void> {
  const [start, stop] =
    primary.major >= 15
      ? ["pg_backup_start('standby', true)", 'pg_backup_stop(false)']
      : ["pg_start_backup('standby', true, false)", 'pg_stop_backup(false, false)'];
  return withConnection(primary, async (connection) => {
    await connection.query(`SELECT ${start}`);
    execFileSync('cp', ['-a', primary.pgdata, directory]);
    const [stopped] = await connection.query(`SELECT labelfile FROM ${stop}`);
    rmSync(join(directory, 'postmaster.pid'));
    writeFileSync(join(directory, 'backup_label'), stopped!.rows[0]![0]!);
    writeFileSync(join(directory, 'standby.signal'), '');
    execFileSync('chown', ['-R', `--reference=${primary.pgdata}`, directory]);
  });
}
