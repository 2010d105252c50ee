/** What program.bt must know of a cluster, from its validated layout; refuses one that the program would misread. */
import { lstatSync, readlinkSync, statfsSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { type DiscoveredCluster, withServerImage } from '../../postgres/discover/index.ts';
import { type Layout, type Profile, resolveProfile, type ServerImage } from '../../postgres/layout/index.ts';
import { readU32 } from '../../postgres/memory/index.ts';
import { waitInfoOf, waitTableOf } from '../../postgres/waits/index.ts';
import type { KernelWays } from './kernel.ts';
import type { KernelProfile } from './records.ts';

/** EXT4_SUPER_MAGIC (include/uapi/linux/magic.h): where temp-files.bt sees files deleted. */
const EXT4 = 0xef53;
const fileSystemOf = (path: string): number => statfsSync(path).type;

/** The server's folder pg_wal may be a link, in its own root; where that leads nowhere, it is not known. */
function fileSystemOfWal(pid: number): number | undefined {
  const own = `/proc/${pid}/cwd/pg_wal`;
  try {
    if (!lstatSync(own).isSymbolicLink()) return fileSystemOf(own);
    const target = readlinkSync(own);
    return fileSystemOf(target.startsWith('/') ? `/proc/${pid}/root${target}` : `/proc/${pid}/cwd/${target}`);
  } catch {
    return undefined;
  }
}

/** Offsets in PgBackendStatus that program.bt has as constants. */
const ASSUMED: Readonly<Partial<Record<keyof Layout['offsets']['PgBackendStatus'], number>>> = {
  st_procpid: 4,
  st_backendType: 8,
  st_xact_start_timestamp: 24,
  st_activity_start_timestamp: 32,
  st_state_start_timestamp: 40,
  st_databaseid: 48,
  st_userid: 52,
  st_clientaddr: 56,
  st_ssl: 200,
  st_gss: 216,
  st_state: 232,
  st_appname: 240,
  st_activity_raw: 248,
  st_query_id: 424,
};

export function kernelProfile(cluster: DiscoveredCluster, { syncing }: Pick<KernelWays, 'syncing'>): KernelProfile {
  const walOn = fileSystemOfWal(cluster.pid);
  const { profile, shows_ids } = withServerImage(cluster, (image) => ({
    profile: resolveProfile(image),
    shows_ids: Number(computesIds(image)),
  }));
  refuseOtherLayout(cluster, profile.layout);
  const { addresses, layout } = profile;
  return {
    my_be_entry: BigInt(addresses.MyBEEntry),
    ...waitEventPlace(profile),
    wait_lock: layout.offsets.PGPROC.waitLock,
    wait_start: layout.offsets.PGPROC.waitStart ?? 0,
    my_proc: BigInt(addresses.MyProc),
    my_proc_port: BigInt(addresses.MyProcPort ?? 0),
    port_database: layout.offsets.Port.database_name,
    port_user: layout.offsets.Port.user_name,
    buffer_usage: BigInt(addresses.pgBufferUsage ?? 0),
    wal_usage: BigInt(addresses.pgWalUsage ?? 0),
    client_backend: layout.backendTypes.indexOf('client backend'),
    state_idle: layout.states.indexOf('idle'),
    state_failed: layout.states.indexOf('idle in transaction (aborted)'),
    state_running: layout.states.indexOf('active'),
    query_ids: layout.offsets.PgBackendStatus.st_query_id === undefined ? 0 : 1,
    shows_ids,
    temp_files_seen: Number(fileSystemOf(`/proc/${cluster.pid}/cwd`) === EXT4),
    wal_sync: walOn !== undefined && syncing.includes(walOn) ? walSyncOf(cluster.major) : 0,
  };
}

/** Its name changed with 17. */
const walSyncOf = (major: number): number =>
  waitInfoOf(waitTableOf(major), 'IO', major < 17 ? 'WALSync' : 'WalSync') ?? 0;

/** compute_query_id: on, auto (src/backend/nodes/queryjumblefuncs.c). With auto an extension may have asked for them. */
const [ON, AUTO] = [1, 2];

/** Whether sessions compute query ids, unless they say otherwise: then a statement without one is one that is parsed. */
function computesIds(image: ServerImage): boolean {
  const memory = image.children[0]?.memory;
  const [setting, asked] = ['compute_query_id', 'query_id_enabled'].map((name) => image.symbol(name));
  if (!memory || setting === undefined || asked === undefined) return false;
  const mode = readU32(memory, setting);
  return mode === ON || (mode === AUTO && ((readU32(memory, asked) ?? 0) & 0xff) !== 0);
}

/** Before 14 there is no my_wait_event_info: the event lies in PGPROC (src/include/storage/proc.h). */
function waitEventPlace({ addresses, layout }: Profile): Pick<KernelProfile, 'wait_event_base' | 'wait_event_offset'> {
  if (addresses.my_wait_event_info !== undefined) {
    return { wait_event_base: BigInt(addresses.my_wait_event_info), wait_event_offset: 0 };
  }
  return { wait_event_base: BigInt(addresses.MyProc), wait_event_offset: layout.offsets.PGPROC.wait_event_info };
}

function refuseOtherLayout(cluster: DiscoveredCluster, layout: Layout): void {
  const actual: Readonly<Record<string, number | undefined>> = layout.offsets.PgBackendStatus;
  for (const [field, offset] of Object.entries(ASSUMED)) {
    if (actual[field] !== undefined && actual[field] !== offset) {
      throw new PebbleError('layout', {
        doing: `preparing to watch ${cluster.pgdata} (PostgreSQL ${cluster.major})`,
        what: `PgBackendStatus.${field} is at ${actual[field]}, and the attribution program reads it at ${offset}`,
        hint: 'this build of PostgreSQL has a layout of its own: please report its version and where it comes from',
      });
    }
  }
}
