/**
 * Asks a running server what it calls its wait events, backend types and states: puts each number into the memory of an
 * idle backend and reads pg_stat_activity. So the names come from the very code that users see them through.
 * Only for clusters that are thrown away.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { Cluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { discoverClusters, withServerImage } from '../../src/postgres/discover/index.ts';
import { findAddresses, type Layout } from '../../src/postgres/layout/index.ts';
import { readPointer } from '../../src/postgres/memory/index.ts';
import type { WaitClass, WaitTable } from '../../src/postgres/waits/index.ts';
import type { Offsets } from './postgres-offsets.ts';

export interface Names extends Pick<Layout, 'backendTypes' | 'states'> {
  readonly waits: WaitTable;
}

const LAST_CLASS = 0x1f;
/** What PostgreSQL says of numbers beyond its tables. */
const BEYOND = ['unknown wait event', '???', 'extension', 'unknown process type'];

export async function askNames(cluster: Cluster, offsets: Offsets): Promise<Names> {
  const [victim, observer] = [await Connection.open(cluster), await Connection.open(cluster)];
  const { proc, entry } = locate(cluster, victim.backendPid, offsets);
  const mem = openSync(`/proc/${victim.backendPid}/mem`, 'r+');
  const { PGPROC, PgBackendStatus } = offsets.offsets;

  /** pg_stat_activity's columns of the victim while a number stands at an address. */
  const show = async (address: number, value: number, columns: string): Promise<(string | null)[]> => {
    writeSync(mem, Uint32Array.of(value), 0, 4, address);
    const sql = `SELECT ${columns} FROM pg_stat_get_activity(${victim.backendPid})`;
    return (await observer.query(sql))[0]!.rows[0]!;
  };
  const showWait = (info: number) => show(proc + PGPROC.wait_event_info, info, 'wait_event_type, wait_event');

  try {
    return {
      waits: await askWaits(showWait),
      states: await askStates(async (n) => (await show(entry + PgBackendStatus.st_state, n, 'state'))[0]!),
      backendTypes: await askTypes(
        async (n) => (await show(entry + PgBackendStatus.st_backendType, n, 'backend_type'))[0]!,
      ),
    };
  } finally {
    closeSync(mem);
    await observer.close();
    await victim.close();
  }
}

/** Addresses of the victim's PGPROC and PgBackendStatus. */
function locate(cluster: Cluster, pid: number, { sizes, offsets }: Offsets): { proc: number; entry: number } {
  const discovered = discoverClusters().clusters.find((candidate) => candidate.pid === cluster.postmasterPid)!;
  const children = discovered.children.filter((child) => child.pid === pid);
  return withServerImage({ ...discovered, children }, (image) => {
    const layout = { major: cluster.major, sizes, offsets, backendTypes: [], states: [] };
    const { MyProc, MyBEEntry } = findAddresses(image, layout);
    const memory = image.children[0]!.memory;
    return { proc: readPointer(memory, MyProc)!, entry: readPointer(memory, MyBEEntry)! };
  });
}

async function askWaits(show: (info: number) => Promise<(string | null)[]>): Promise<WaitTable> {
  const table: Record<number, WaitClass> = {};
  for (let classId = 1; classId <= LAST_CLASS; classId++) {
    const names: (string | null)[] = [];
    let type: string | null = null;
    for (let number = 0; ; number++) {
      // Numbers that extensions would register end in an error
      const row = await show(((classId << 24) | number) >>> 0).catch(() => undefined);
      if (!row || row[0] === null || row[0] === '???' || BEYOND.includes(row[1]!)) break;
      type = row[0]!;
      if (number === 1 && row[1] === names[0]) break; // a class of one event, whatever the number
      names.push(row[1]!);
    }
    if (type !== null) table[classId] = { type, names: names.map(gapAsNull) };
  }
  return table;
}

/** How 13 to 16 call a number that was given up. */
function gapAsNull(name: string | null): string | null {
  return name?.startsWith('<unassigned:') ? null : name;
}

/** 'disabled' is the last; a number beyond it would crash the server. */
async function askStates(show: (n: number) => Promise<string | null>): Promise<(string | null)[]> {
  const states: (string | null)[] = [];
  while (states.at(-1) !== 'disabled') states.push(await show(states.length));
  return states;
}

/** A background worker's type is the name that it registered, so none for a backend that is no worker. */
async function askTypes(show: (n: number) => Promise<string | null>): Promise<string[]> {
  const types: string[] = [];
  for (;;) {
    const type = await show(types.length);
    if (type !== null && BEYOND.includes(type)) return types;
    types.push(type ?? 'background worker');
  }
}
