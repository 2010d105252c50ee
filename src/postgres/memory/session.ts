/** Who a client backend serves, by name: its Port (src/include/libpq/libpq-be.h) has what elsewhere are only OIDs. */

import { decodeText } from '../../base/foreign-text.ts';
import type { Profile } from '../layout/index.ts';
import { type Memory, pointerAt, readBlock, readCString, readPointer } from './memory.ts';

export interface SessionNames {
  readonly database: string;
  readonly user: string;
  /** The client's address as text; "[local]" for a Unix socket. */
  readonly remoteHost: string;
}

/** Longer than any name (NAMEDATALEN) and any address. */
const LONGEST_TEXT = 256;

/** Undefined for background processes, and where the session has ended. `memory` must be the backend's own. */
export function readSessionNames(memory: Memory, { layout, addresses }: Profile): SessionNames | undefined {
  const address = addresses.MyProcPort && readPointer(memory, addresses.MyProcPort);
  const port = address ? readBlock(memory, address, layout.sizes.Port) : undefined;
  if (!port) return undefined;
  const { database_name, user_name, remote_host } = layout.offsets.Port;
  const [database, user, remoteHost] = [database_name, user_name, remote_host].map((offset) =>
    textOf(readCString(memory, pointerAt(port, offset), LONGEST_TEXT)),
  );
  if (database === undefined || user === undefined || remoteHost === undefined) return undefined;
  return { database, user, remoteHost };
}

const textOf = (bytes: Buffer | undefined): string | undefined => bytes && decodeText(bytes);
