/** Finds every PostgreSQL cluster that runs on this host, in containers too. */

import { join } from 'node:path';
import { readRegular } from '../../base/foreign-file.ts';
import { listPids, type ProcessStat, readInnermostPid, readLink, readStat } from './proc.ts';

export interface DiscoveredCluster {
  /** The postmaster, by its pid in our pid namespace. */
  readonly pid: number;
  readonly startTime: number;
  readonly major: number;
  /** The data directory by the name that the cluster itself has for it; reach it through `dataPath`. */
  readonly pgdata: string;
  /** The data directory by a name that works from here, whatever mount namespace it is in. */
  readonly dataPath: string;
  /** The server's program by a name that works when the file was deleted or is in another mount namespace. */
  readonly exePath: string;
  /** Decimal; names the cluster for its whole life, and its physical standbys too. */
  readonly systemIdentifier: string;
  /** As the cluster names it; empty where it listens on TCP only. */
  readonly socketDir: string;
  readonly port: number;
  readonly children: readonly ChildProcess[];
}

export interface ChildProcess {
  readonly pid: number;
  readonly startTime: number;
}

export interface Discovery {
  /** Ascending by pid. */
  readonly clusters: readonly DiscoveredCluster[];
  /** Processes that look like PostgreSQL and that we may not examine. */
  readonly hidden: readonly number[];
}

/** Of the files that name a cluster; pg_control has 8 KiB, the others some bytes. */
const MOST_BYTES = 1 << 16;

export function discoverClusters(): Discovery {
  const servers = listPids()
    .map(readStat)
    .filter((stat): stat is ProcessStat => stat !== undefined && isServerName(stat.comm));
  const children = Map.groupBy(servers, (server) => server.parentPid);
  const hidden: number[] = [];
  const clusters: DiscoveredCluster[] = [];
  for (const server of servers) {
    // A backend has no children of this name, a postmaster at least its checkpointer: spares reading the backends' files.
    if (!children.has(server.pid)) continue;
    if (readLink(`/proc/${server.pid}/cwd`) === undefined) hidden.push(server.pid);
    const cluster = examine(server, children.get(server.pid)!);
    if (cluster) clusters.push(cluster);
  }
  return { clusters, hidden };
}

/** The kernel takes it from the file that was executed: RHEL starts `postmaster`, EDB `edb-postgres`. */
export function isServerName(comm: string): boolean {
  return comm === 'postgres' || comm === 'postmaster' || comm === 'edb-postgres';
}

/** A postmaster works in its data directory, and postmaster.pid there names it. */
function examine(server: ProcessStat, children: readonly ProcessStat[]): DiscoveredCluster | undefined {
  const dataPath = `/proc/${server.pid}/cwd`;
  const pgdata = readLink(dataPath);
  const version = readRegular(join(dataPath, 'PG_VERSION'), MOST_BYTES)?.toString();
  const lock = readLockFile(join(dataPath, 'postmaster.pid'));
  const systemIdentifier = readSystemIdentifier(dataPath);
  if (pgdata === undefined || version === undefined || lock === undefined || systemIdentifier === undefined)
    return undefined;
  if (lock.pid !== readInnermostPid(server.pid)) return undefined;
  return {
    pid: server.pid,
    startTime: server.startTime,
    major: Number.parseInt(version, 10),
    pgdata,
    dataPath,
    exePath: `/proc/${server.pid}/exe`,
    systemIdentifier,
    socketDir: lock.socketDir,
    port: lock.port,
    children: children.map(({ pid, startTime }) => ({ pid, startTime })),
  };
}

/** Lines: pid, data directory, start time, port, socket directory, … (src/include/utils/pidfile.h). */
function readLockFile(path: string): { pid: number; port: number; socketDir: string } | undefined {
  const lines = readRegular(path, MOST_BYTES)?.toString().split('\n');
  if (lines === undefined || lines.length < 5) return undefined;
  return { pid: Number(lines[0]), port: Number(lines[3]), socketDir: lines[4]! };
}

/** global/pg_control starts with it (src/include/catalog/pg_control.h: ControlFileData). */
function readSystemIdentifier(dataPath: string): string | undefined {
  const control = readRegular(join(dataPath, 'global/pg_control'), MOST_BYTES);
  return control === undefined || control.length < 8 ? undefined : String(control.readBigUInt64LE(0));
}
