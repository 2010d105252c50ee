/** Texts for the numbers in PostgreSQL's memory, one set of tables for each major that is traced. */
import type { TextTable } from '../../lang/index.ts';
import { layoutOf } from '../layout/index.ts';
import { waitTableOf } from '../waits/index.ts';
import type { TracedCluster } from './clusters.ts';

/** What stands for "does not wait": pg_stat_activity has null there. */
export const NO_WAIT = 'none';
const UNKNOWN = 'unknown';
/** Rows of a class of wait events: more than any class has. */
export const WAIT_STRIDE = 128;

type Subject = 'backend_type' | 'state' | 'wait_event' | 'wait_event_type';

export const tableName = (subject: Subject, { major }: TracedCluster): string => `pg_${subject}_${major}`;

export function textTables(clusters: readonly TracedCluster[]): TextTable[] {
  return [...new Map(clusters.map((cluster) => [cluster.major, cluster])).values()].flatMap(tablesOf);
}

function tablesOf(cluster: TracedCluster): TextTable[] {
  const { backendTypes, states } = layoutOf(cluster.major);
  const table = (subject: Subject, rows: readonly (string | null)[]): TextTable => ({
    name: tableName(subject, cluster),
    field: subject,
    doc: `pg_stat_activity.${subject} of PostgreSQL ${cluster.major}.`,
    rows: rows.map((row) => row ?? ''),
    unknown: UNKNOWN,
  });
  return [
    table('backend_type', backendTypes),
    table('state', states),
    table('wait_event', waitRows(cluster.major)),
    table('wait_event_type', waitTypes(cluster.major)),
  ];
}

function waitTypes(major: number): string[] {
  const classes = Object.entries(waitTableOf(major));
  const rows = Array.from({ length: 1 + Math.max(...classes.map(([id]) => Number(id))) }, () => '');
  rows[0] = NO_WAIT;
  for (const [id, { type }] of classes) rows[Number(id)] = type;
  return rows;
}

/** By class * WAIT_STRIDE + number. */
function waitRows(major: number): string[] {
  const types = waitTypes(major);
  const rows = Array.from({ length: types.length * WAIT_STRIDE }, () => '');
  rows[0] = NO_WAIT;
  for (const [id, { names }] of Object.entries(waitTableOf(major))) {
    for (const [number, name] of names.entries()) rows[Number(id) * WAIT_STRIDE + number] = name ?? '';
  }
  return rows;
}
