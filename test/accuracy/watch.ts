/** Watches clusters while a load runs, and gives the rows of exactly that time. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRow } from '../../src/api/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';

/** A request is booked before its reply can be read; only the end of a session comes after its last reply. */
const SETTLE_MS = 100;

export interface Watch {
  readonly attribution: Attribution;
  /** What happened since the last call. */
  rows(): Promise<QueryRow[]>;
  close(): void;
}

/** Until the process sleeps (proc_pid_status(5)). */
export async function fallsAsleep(pid: number): Promise<void> {
  while (!/^State:\tS/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))) await sleep(1);
}

export async function watch(...clusters: readonly Cluster[]): Promise<Watch> {
  const pgdata = clusters.map((cluster) => cluster.pgdata);
  const attribution = await Attribution.start({ pgdata, signals: ['resources', 'clients'] });
  const windows = new QueryRows(attribution.read());
  return {
    attribution,
    async rows() {
      await sleep(SETTLE_MS);
      return windows.advance(attribution.read());
    },
    close: () => attribution.close(),
  };
}

/** Rows whose normalised text has this word, as one statement. */
export const rowsOf = (rows: readonly QueryRow[], word: string): QueryRow[] =>
  rows.filter(({ query }) => query !== null && new RegExp(`\\b${word}\\b`).test(query) && !/^CREATE|; /i.test(query));

export const total = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0);
