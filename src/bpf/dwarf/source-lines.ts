/** From a line of a source file to the code that was made of it. */
import { posix } from 'node:path';
import type { CompileUnit } from './compile-unit.ts';

export interface LinePlaces {
  /** Full paths that the wanted one stands for: none, or several when it is ambiguous. */
  readonly files: readonly string[];
  /** Where statements of the line begin, in order. */
  readonly addresses: readonly number[];
  /** When there are none: the lines nearest to it that have code. */
  readonly nearest: readonly number[];
}

/** `file` is a full path, or its last parts. */
export function findLine(units: readonly CompileUnit[], file: string, line: number, column: number): LinePlaces {
  const isFile = endsWith(file);
  const files = new Set<string>();
  const addresses = new Set<number>();
  const lines = new Set<number>();
  for (const unit of units) {
    const names = unit.lineHeader()?.files.filter(isFile) ?? [];
    if (names.length === 0) continue;
    for (const name of names) files.add(name);
    for (const address of unit.lines!.addressesOf(isFile, line, column)) addresses.add(address);
    if (addresses.size === 0) for (const other of unit.lines!.linesOf(isFile)) lines.add(other);
  }
  return {
    files: [...files],
    addresses: [...addresses].sort((a, b) => a - b),
    nearest: addresses.size > 0 ? [] : nearest([...lines], line),
  };
}

/** Whole parts of the path from its end: `b/c.c` is the end of `/a/b/c.c`, not of `/a/bb/c.c`. */
function endsWith(file: string): (path: string) => boolean {
  const wanted = posix.normalize(file);
  if (wanted.startsWith('/')) return (path) => path === wanted;
  return (path) => path === wanted || path.endsWith(`/${wanted}`);
}

/** The last line before and the first behind. */
function nearest(lines: readonly number[], line: number): number[] {
  const before = lines.filter((other) => other < line);
  const behind = lines.filter((other) => other > line);
  return [
    ...(before.length > 0 ? [before.reduce((a, b) => Math.max(a, b))] : []),
    ...(behind.length > 0 ? [behind.reduce((a, b) => Math.min(a, b))] : []),
  ];
}
