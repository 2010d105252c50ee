/** /proc/PID/maps: which file lies where in a process. */
import { PebbleError } from '../../base/errors.ts';
import { readProcFile } from './proc-file.ts';

export interface Mapping {
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
  /** Of `start` in the file. */
  readonly offset: number;
  readonly executable: boolean;
  /** "fe:00". */
  readonly device: string;
  /** 0 when no file is mapped. */
  readonly inode: number;
  /** As the process sees it; "[vdso]" and its like, or "". */
  readonly path: string;
  /** The file was removed or replaced since. */
  readonly deleted: boolean;
}

/** start-end permissions offset device inode path; `\012` stands for a newline in the path. */
const LINE = /^([0-9a-f]+)-([0-9a-f]+) (....) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+) *(.*)$/;
const DELETED = ' (deleted)';

export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, start, end, permissions, offset, device, inode, name] = match as unknown as string[];
    const path = name!.replaceAll('\\012', '\n');
    const deleted = path.endsWith(DELETED);
    mappings.push({
      start: Number.parseInt(start!, 16),
      end: Number.parseInt(end!, 16),
      offset: Number.parseInt(offset!, 16),
      executable: permissions![2] === 'x',
      device: device!,
      inode: Number(inode),
      path: deleted ? path.slice(0, -DELETED.length) : path,
      deleted,
    });
  }
  return mappings;
}

/** In order of address. */
export function readMaps(pid: number): Mapping[] {
  const path = `/proc/${pid}/maps`;
  try {
    return parseMaps(readProcFile(path).toString('utf8'));
  } catch (cause) {
    const gone = ['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new PebbleError(gone ? 'no-target' : 'io', {
      doing: `reading ${path}`,
      what: gone ? `there is no process ${pid}` : (cause as Error).message,
      cause,
    });
  }
}

/** Undefined where they cannot be read, and of a process that is ending: it is still there, and maps nothing any more. */
export function mappingsOf(pid: number): Mapping[] | undefined {
  try {
    const mappings = readMaps(pid);
    return mappings.length > 0 ? mappings : undefined;
  } catch {
    return undefined;
  }
}

export function findMapping(mappings: readonly Mapping[], address: number): Mapping | undefined {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (mappings[middle]!.end <= address) low = middle + 1;
    else high = middle;
  }
  const mapping = mappings[low];
  return mapping && mapping.start <= address ? mapping : undefined;
}
