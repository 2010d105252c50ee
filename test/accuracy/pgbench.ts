/** pgbench as a load: Debian's client works with every major. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, findDebianMajors } from '../../src/cluster/index.ts';

const run = promisify(execFile);
const MAJOR = findDebianMajors().at(-1);

export const WITHOUT_PGBENCH: string | false = MAJOR === undefined && 'pgbench of Debian is not installed';

export async function pgbench(cluster: Cluster, ...options: string[]): Promise<string> {
  const program = join('/usr/lib/postgresql', String(MAJOR), 'bin/pgbench');
  const server = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user];
  const { stdout } = await run(program, [...server, ...options, cluster.user]);
  return stdout;
}
