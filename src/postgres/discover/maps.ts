/** /proc/PID/maps: what is mapped where. */

import { readText } from './proc.ts';

export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly writable: boolean;
  readonly shared: boolean;
  /** In the file. */
  readonly offset: number;
  /** Empty for anonymous memory; ends in " (deleted)" for deleted files. */
  readonly path: string;
}

/** start-end perms offset device inode path; the path is padded and may hold blanks. */
const LINE = /^(\w+)-(\w+) (\S{4}) (\w+) \S+ \d+ *(.*)$/;

export function readMaps(pid: number): Mapping[] {
  const lines = readText(`/proc/${pid}/maps`)?.split('\n') ?? [];
  return lines.flatMap((line) => parseMapping(line) ?? []);
}

function parseMapping(line: string): Mapping | undefined {
  const [, start, end, permissions, offset, path] = LINE.exec(line) ?? [];
  if (start === undefined) return undefined;
  return {
    start: Number.parseInt(start, 16),
    end: Number.parseInt(end!, 16),
    writable: permissions![1] === 'w',
    shared: permissions![3] === 's',
    offset: Number.parseInt(offset!, 16),
    path: path!,
  };
}
