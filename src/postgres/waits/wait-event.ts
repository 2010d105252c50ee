/** One wait event, from the 32 bits in PGPROC.wait_event_info: class << 24 | number (src/include/utils/wait_classes.h). */

import type { WaitTable } from './table.ts';

export interface WaitEvent {
  /** pg_stat_activity.wait_event_type */
  readonly type: string;
  /** pg_stat_activity.wait_event */
  readonly event: string;
}

/** Classes whose numbers an extension registers while it runs: their names are in the server's shared memory only. */
const CUSTOM_TYPES: Readonly<Record<number, string>> = { 1: 'LWLock', 7: 'Extension', 11: 'InjectionPoint' };

/** Undefined for 0: not waiting. What the table does not know keeps its number: "IO:153". */
export function waitEventOf(table: WaitTable, info: number): WaitEvent | undefined {
  if (info === 0) return undefined;
  const [classId, number] = [info >>> 24, info & 0xffff];
  const waitClass = table[classId];
  const type = waitClass?.type ?? CUSTOM_TYPES[classId] ?? `class ${classId}`;
  return { type, event: waitClass?.names[number] ?? String(number) };
}

/** "IO:DataFileRead"; "CPU" for 0, which is what a running backend shows. */
export function waitName(table: WaitTable, info: number): string {
  const wait = waitEventOf(table, info);
  return wait === undefined ? 'CPU' : `${wait.type}:${wait.event}`;
}

/** The number of a name, for tests and for scripts: the inverse of waitName. */
export function waitInfoOf(table: WaitTable, type: string, event: string): number | undefined {
  for (const [classId, waitClass] of Object.entries(table)) {
    const number = waitClass.type === type ? waitClass.names.indexOf(event) : -1;
    if (number >= 0) return ((Number(classId) << 24) | number) >>> 0;
  }
  return undefined;
}
