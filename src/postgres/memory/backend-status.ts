/** One PgBackendStatus: what pg_stat_activity shows of a backend. */

import type { Layout } from '../layout/index.ts';
import { pointerAt } from './memory.ts';

export interface BackendStatus {
  readonly pid: number;
  /** pg_stat_activity.backend_type */
  readonly backendType: string;
  readonly databaseId: number;
  readonly userId: number;
  /** pg_stat_activity.state */
  readonly state: string | null;
  /** Signed, decimal; null where the server computes none (and on 13, which has none). */
  readonly queryId: string | null;
  /** Microseconds since 1970; null outside of a transaction, before the first statement. */
  readonly backendStart: number | null;
  readonly transactionStart: number | null;
  readonly statementStart: number | null;
  readonly stateStart: number | null;
  /** Null for background processes; "local" for a Unix socket. */
  readonly client: string | null;
  readonly tls: boolean;
  /** Address of the text in shared memory. */
  readonly textAddress: number;
  readonly applicationNameAddress: number;
}

/** Undefined for a free slot. */
export function decodeBackendStatus(view: DataView, at: number, layout: Layout): BackendStatus | undefined {
  const offsets = layout.offsets.PgBackendStatus;
  const pid = view.getInt32(at + offsets.st_procpid, true);
  if (pid <= 0) return undefined;
  const queryId = offsets.st_query_id === undefined ? 0n : view.getBigInt64(at + offsets.st_query_id, true);
  const moment = (offset: number) => momentAt(view, at + offset);
  return {
    pid,
    backendType: layout.backendTypes[view.getInt32(at + offsets.st_backendType, true)] ?? 'unknown',
    databaseId: view.getUint32(at + offsets.st_databaseid, true),
    userId: view.getUint32(at + offsets.st_userid, true),
    state: layout.states[view.getInt32(at + offsets.st_state, true)] ?? null,
    queryId: queryId === 0n ? null : String(queryId),
    backendStart: moment(offsets.st_proc_start_timestamp),
    transactionStart: moment(offsets.st_xact_start_timestamp),
    statementStart: moment(offsets.st_activity_start_timestamp),
    stateStart: moment(offsets.st_state_start_timestamp),
    client: clientAddress(view, at + offsets.st_clientaddr),
    tls: view.getUint8(at + offsets.st_ssl) !== 0,
    textAddress: pointerAt(view, at + offsets.st_activity_raw),
    applicationNameAddress: pointerAt(view, at + offsets.st_appname),
  };
}

/** TimestampTz in microseconds since 1970; null where it is not set. */
export function momentAt(view: DataView, at: number): number | null {
  return momentOf(view.getBigInt64(at, true));
}

/** TimestampTz counts microseconds since 2000-01-01 (src/include/datatype/timestamp.h); 0 is "not set". */
export function momentOf(timestamp: bigint): number | null {
  const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000;
  return timestamp === 0n ? null : Number(timestamp) + MICROSECONDS_1970_TO_2000;
}

/** struct sockaddr: family in two bytes, then for IPv4 port and address, for IPv6 port, flow and address. */
export function clientAddress(view: DataView, at: number): string | null {
  const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
  switch (view.getUint16(at, true)) {
    case AF_UNIX:
      return 'local';
    case AF_INET:
      return [4, 5, 6, 7].map((offset) => view.getUint8(at + offset)).join('.');
    case AF_INET6:
      return ipv6At(view, at + 8);
    default:
      return null;
  }
}

/** RFC 5952: lower case, the longest run of zero groups as "::". */
function ipv6At(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + 2 * index).toString(16));
  const text = `:${groups.join(':')}:`;
  const runs = [...text.matchAll(/:0(?::0)+:/g)].map(([run]) => run).sort((a, b) => b.length - a.length);
  const short = runs[0] === undefined ? text : text.replace(runs[0], '::');
  return short.replace(/^:(?!:)/, '').replace(/(?<!:):$/, '');
}
