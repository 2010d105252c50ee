/** Which processes hold programs, links and maps by their descriptors. */
import { readdirSync, readFileSync } from 'node:fs';
import type { HeldKind } from './objects.ts';

export interface Held {
  readonly kind: HeldKind;
  readonly id: number;
}

/** Lines of /proc/PID/fdinfo/FD (kernel/bpf/syscall.c); a link's file names its program, too. */
const LINES: Readonly<Record<HeldKind, RegExp>> = {
  link: /^link_id:\s*(\d+)/m,
  program: /^prog_id:\s*(\d+)/m,
  map: /^map_id:\s*(\d+)/m,
};

/** What one process holds; nothing where it has ended, or may not be looked into. */
export function heldBy(pid: number | 'self'): Held[] {
  const found = namesIn(`/proc/${pid}/fdinfo`).flatMap((fd) => heldByFile(`/proc/${pid}/fdinfo/${fd}`));
  return [...new Map(found.map((held) => [`${held.kind} ${held.id}`, held])).values()];
}

/** Every process that holds anything, by its pid. */
export function listHolders(): ReadonlyMap<number, readonly Held[]> {
  const pids = namesIn('/proc').map(Number).filter(Number.isInteger);
  return new Map(pids.map((pid) => [pid, heldBy(pid)] as const).filter(([, held]) => held.length > 0));
}

export function heldByFile(path: string): Held[] {
  const text = textOf(path);
  return (Object.keys(LINES) as HeldKind[]).flatMap((kind) => {
    const id = LINES[kind].exec(text)?.[1];
    return id === undefined ? [] : [{ kind, id: Number(id) }];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Processes end and files are closed while one looks. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
