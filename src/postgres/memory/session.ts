/** Who a client backend serves, by name: its Port (src/include/libpq/libpq-be.h) has what elsewhere are only OIDs. */

import type { Profile } from '../layout/index.ts';
import { type Memory, pointerAt, readBlock, readPointer } from './memory.ts';

export interface SessionNames {
  readonly database: string;
  readonly user: string;
  /** The client's address as text; "[local]" for a Unix socket. */
  readonly remoteHost: string;
}

/** Longer than any name (NAMEDATALEN) and any address. */
const LONGEST_TEXT = 256;
const PAGE = 4096;

/** Undefined for background processes, and where the session has ended. `memory` must be the backend's own. */
export function readSessionNames(memory: Memory, { layout, addresses }: Profile): SessionNames | undefined {
  const address = addresses.MyProcPort && readPointer(memory, addresses.MyProcPort);
  const port = address ? readBlock(memory, address, layout.sizes.Port) : undefined;
  if (!port) return undefined;
  const { database_name, user_name, remote_host } = layout.offsets.Port;
  const [database, user, remoteHost] = [database_name, user_name, remote_host].map((offset) =>
    readCString(memory, pointerAt(port, offset)),
  );
  if (database === undefined || user === undefined || remoteHost === undefined) return undefined;
  return { database, user, remoteHost };
}

/** Page by page: what follows the text's page may not be mapped. */
function readCString(memory: Memory, address: number): string | undefined {
  const parts: Buffer[] = [];
  for (let at = address, left = LONGEST_TEXT; address !== 0 && left > 0; ) {
    const part = Buffer.alloc(Math.min(left, PAGE - (at % PAGE)));
    if (!memory.read(at, part)) return undefined;
    const end = part.indexOf(0);
    if (end >= 0) return Buffer.concat([...parts, part.subarray(0, end)]).toString();
    parts.push(part);
    at += part.length;
    left -= part.length;
  }
  return undefined;
}
