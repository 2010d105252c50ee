/** The server as a whole: its role, settings, checkpoints, sessions. */
import type { CatalogFacts } from '../../api/index.ts';
import type { Session } from '../session.ts';

/** Findings name them even where they have their defaults. */
const NAMED = [
  'max_wal_size',
  'checkpoint_timeout',
  'shared_buffers',
  'work_mem',
  'autovacuum_max_workers',
  'jit',
  'max_parallel_workers',
  'max_parallel_workers_per_gather',
  'max_worker_processes',
];

const SERVER = `
  SELECT pg_is_in_recovery() AS is_standby, pg_conf_load_time() AS config_loaded, pg_postmaster_start_time() AS started`;
const SETTINGS = `
  SELECT name, current_setting(name) AS value, pending_restart FROM pg_settings
   WHERE pending_restart OR name = ANY ($1)
      OR source NOT IN ('default', 'override', 'client', 'session', 'database', 'user', 'database user', 'command line')`;
/** The view of 17 and later is pg_stat_checkpointer. */
const CHECKPOINTS = (major: number): string =>
  major >= 17
    ? 'SELECT num_timed::float8 AS timed, num_requested::float8 AS requested FROM pg_stat_checkpointer'
    : 'SELECT checkpoints_timed::float8 AS timed, checkpoints_req::float8 AS requested FROM pg_stat_bgwriter';
/** Since 14. */
const SESSIONS = 'SELECT sum(sessions)::float8 AS started FROM pg_stat_database';

/** Since 18. */
const PARALLEL = `
  SELECT sum(parallel_workers_to_launch)::float8 AS planned, sum(parallel_workers_launched)::float8 AS launched FROM pg_stat_database`;

type Server = Pick<
  CatalogFacts,
  | 'role'
  | 'settings'
  | 'pending_restart'
  | 'config_loaded'
  | 'started'
  | 'checkpoints'
  | 'sessions_started'
  | 'parallel_workers'
>;

export async function readServer(session: Session, major: number): Promise<Server> {
  const [server] = await session.ask<{ is_standby: boolean; config_loaded: Date; started: Date }>(SERVER);
  const settings = await session.ask<{ name: string; value: string; pending_restart: boolean }>(SETTINGS, [NAMED]);
  const [checkpoints] = await session.ask<CatalogFacts['checkpoints']>(CHECKPOINTS(major));
  const [sessions] = major >= 14 ? await session.ask<{ started: number | null }>(SESSIONS) : [];
  const [parallel] = major >= 18 ? await session.ask<NonNullable<CatalogFacts['parallel_workers']>>(PARALLEL) : [];
  return {
    role: server!.is_standby ? 'standby' : 'primary',
    config_loaded: server!.config_loaded.toISOString(),
    started: server!.started.toISOString(),
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    pending_restart: settings.filter((one) => one.pending_restart).map(({ name }) => name),
    checkpoints: checkpoints!,
    sessions_started: sessions?.started ?? null,
    parallel_workers: parallel ?? null,
  };
}
