/** Processes by /proc: whether one lives, and its children. */
import { readFileSync } from 'node:fs';

/** A zombie has no memory any more. */
export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

/** Needs CONFIG_PROC_CHILDREN, which distributions set; without it nothing that is under way shows. */
export function listChildren(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`) ?? '';
  return children.split(' ').filter(Boolean).map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
