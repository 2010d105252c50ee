/**
 * Files whose places others choose: opening a pipe would wait for ever, opening a device may do something, and a file may
 * have any size. Root looks into the folders of every user who runs a server.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** include/uapi/asm-generic/fcntl.h; Node has no name for it. */
const O_PATH = 0o10000000;
const MOST_BYTES = 64 * 2 ** 20;

/** A descriptor of what is a regular file; what it is was seen without opening it, and it cannot change in between. */
export function openRegular(path: string): number {
  const place = openSync(path, O_PATH);
  try {
    if (!fstatSync(place).isFile()) throw new Error(`${path} is not a regular file`);
    return openSync(`/proc/self/fd/${place}`, constants.O_RDONLY);
  } finally {
    closeSync(place);
  }
}

/** All of it, or nothing where it cannot be had or is larger than any of its kind. */
export function readRegular(path: string, mostBytes: number = MOST_BYTES): Buffer | undefined {
  try {
    const fd = openRegular(path);
    try {
      return fstatSync(fd).size > mostBytes ? undefined : readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
