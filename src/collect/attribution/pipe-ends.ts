/** Who has the other end of a pipe: found by the descriptors of all processes, and kept while it lives. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isAlive } from './processes.ts';

/** O_WRONLY of fdinfo's flags, octal; 0 for the end that is read. */
const WRITES = 1;
/** Title of a process, not its whole command line. */
const MOST_CHARACTERS = 80;

interface End {
  readonly pid: number;
  readonly name: string;
}

export class PipeEnds {
  readonly #known = new Map<string, End>();

  /** As "postgres: logger, pid 12"; undefined where nobody has it. Postmasters keep all ends and use none. */
  nameOf(inode: bigint, end: 'reader' | 'writer', postmasters: readonly number[]): string | undefined {
    const key = `${inode} ${end}`;
    const known = this.#known.get(key);
    const found = known && isAlive(known.pid) ? known : findEnd(`pipe:[${inode}]`, end, postmasters);
    if (!found) return undefined;
    this.#known.set(key, found);
    return `${found.name}, pid ${found.pid}`;
  }
}

function findEnd(link: string, end: 'reader' | 'writer', postmasters: readonly number[]): End | undefined {
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  const holders = pids.filter((pid) => hasEnd(pid, link, end));
  const pid = holders.find((one) => !postmasters.includes(one)) ?? holders[0];
  return pid === undefined ? undefined : { pid, name: titleOf(pid) };
}

function hasEnd(pid: number, link: string, end: 'reader' | 'writer'): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === link && writes(pid, fd) === (end === 'writer'),
    );
  } catch {
    return false; // it has ended, or closed one meanwhile
  }
}

function writes(pid: number, fd: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & WRITES) !== 0;
}

function titleOf(pid: number): string {
  try {
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return (title || readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).slice(0, MOST_CHARACTERS);
  } catch {
    return 'a process that has ended';
  }
}
