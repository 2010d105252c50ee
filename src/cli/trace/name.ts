/** Takes the name `bpftrace`: scripts leave their own tracer out by `comm != "bpftrace"`, users find it by pidof. */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

/** Fields of /proc/PID/stat behind the command, which is in parentheses (proc(5): 48 and 49, counted from 3). */
const ARGUMENTS_START = 45;
const ARGUMENTS_END = 46;

/** `argv`: what ps shows behind the name. */
export function takeName(argv: readonly string[]): void {
  writeFileSync('/proc/self/comm', 'bpftrace');
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = Number(fields[ARGUMENTS_START]);
  const room = Number(fields[ARGUMENTS_END]) - start;
  const text = Buffer.from(['bpftrace', ...argv, ''].join('\0'));
  // The interpreter's own arguments were longer; where they cannot be written, ps goes on showing them.
  if (!(start > 0) || text.length > room) return;
  try {
    const memory = openSync('/proc/self/mem', 'r+');
    writeSync(memory, Buffer.concat([text, Buffer.alloc(room - text.length)]), 0, room, start);
    closeSync(memory);
  } catch {}
}
