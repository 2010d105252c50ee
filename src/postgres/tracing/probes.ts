/** The probes `pg:NAME`: the hooks that stand for each, the cheapest first. */
import type { TargetField, TargetHook, TargetProbe } from '../../lang/index.ts';
import type { TracedCluster } from './clusters.ts';

interface PgProbe extends TargetProbe {
  hooks(clusters: readonly TracedCluster[]): readonly TargetHook[];
}

const NO_TRAP = 'no trap: an event that the kernel passes anyway';
const TRAP = 'a trap in the server at each call';

const DURATION: TargetField = { name: 'duration', type: 'uint64', doc: 'Nanoseconds.' };

const points = (clusters: readonly TracedCluster[], kind: string, name: string): string =>
  [...new Set(clusters.map(({ binary }) => binary))].map((binary) => `${kind}:${binary}:${name}`).join(', ');

/**
 * A session that is idle receives: a request begins. One that says that it is idle sends: ReadyForQuery, which ends a
 * request (PostgresMain, src/backend/tcop/postgres.c). A long request is received in parts, a long reply sent in parts,
 * and notifications are sent in between: st_state_start_timestamp tells one time of being idle from the next.
 */
const QUERY_START = `
tp_btf:sock_recv_length /args.ret > 0/ {
  if (!pg.is_client || !pg.is_idle || !pg.on_client_socket || pg.is_leaving) { return; }
  $s = entry(@pg_requests);
  if (!$s) { return; }
  $idle = pg.idle_since;
  if ($s->started == $idle) { return; }
  $s->started = $idle;
  body();
}`;

const QUERY_DONE = `
tp_btf:sock_send_length /args.ret > 0/ {
  if (!pg.is_client || !pg.is_idle || !pg.has_worked || !pg.on_client_socket) { return; }
  $s = entry(@pg_requests);
  if (!$s) { return; }
  $idle = pg.idle_since;
  if ($s->done == $idle) { return; }
  $s->done = $idle;
  $duration = pg.query_age;
  body();
}`;

/** Wait events enclose system calls: in them the process sleeps. */
const WAIT_START = `
tp_btf:sys_enter {
  if (pg.wait_info == 0) { return; }
  body();
}`;

const WAIT_DONE = `
tp_btf:sys_enter {
  if (pg.wait_info == 0) { return; }
  $s = entry(@pg_waits);
  if ($s) { $s->since = nsecs; }
}
tp_btf:sys_exit {
  $s = get(@pg_waits);
  if (!$s) { return; }
  $since = $s->since;
  if ($since == 0) { return; }
  $s->since = 0;
  $duration = (uint64)(nsecs - $since);
  body();
}`;

export const PROBES: readonly PgProbe[] = [
  {
    name: 'query_start',
    doc: 'A session receives a request. What pg.query says is still the statement before.',
    arguments: [],
    hooks: (clusters) => [
      { cost: NO_TRAP, text: QUERY_START },
      {
        cost: TRAP,
        text: `${points(clusters, 'uprobe', 'pgstat_report_activity')} {
          if (!pg.is_client || arg0 != pg.running || !pg.is_idle) { return; }
          body();
        }`,
      },
    ],
  },
  {
    name: 'query_done',
    doc: 'A session has answered a request, of one protocol message or several. pg.query and pg.query_id are its last statement.',
    arguments: [
      { ...DURATION, doc: 'Nanoseconds since the request was read (what log_min_duration_statement counts from).' },
    ],
    hooks: (clusters) => [
      { cost: NO_TRAP, text: QUERY_DONE },
      {
        cost: TRAP,
        text: `${points(clusters, 'uprobe', 'pgstat_report_activity')} {
          if (!pg.is_client || arg0 == pg.running || pg.is_idle || !pg.has_worked) { return; }
          $duration = pg.query_age;
          body();
        }`,
      },
    ],
  },
  {
    name: 'wait_start',
    doc: 'A server process enters a system call in a wait event: pg.wait_event says which.',
    arguments: [],
    hooks: () => [{ cost: NO_TRAP, text: WAIT_START }],
  },
  {
    name: 'wait_done',
    doc: 'A server process returns from a system call in a wait event.',
    arguments: [{ ...DURATION, doc: 'Nanoseconds in the system call.' }],
    hooks: () => [{ cost: NO_TRAP, text: WAIT_DONE }],
  },
];

/** Any other name is a static probe of the server, where the build has them: transaction_commit is transaction__commit. */
export function hooksOf(name: string, clusters: readonly TracedCluster[]): readonly TargetHook[] {
  const row = PROBES.find((probe) => probe.name === name);
  if (row) return row.hooks(clusters);
  if (!/^[a-z]\w*$/.test(name)) return [];
  const usdt = points(clusters, 'usdt', `postgresql:${name.replaceAll(/_+/g, '__')}`);
  return [{ cost: TRAP, text: `${usdt} { if (!pg.is_backend) { return; } body(); }` }];
}
