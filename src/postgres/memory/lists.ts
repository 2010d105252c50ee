/** PostgreSQL's doubly linked lists in shared memory: dlist_head since 16, SHM_QUEUE before; both are {prev, next}. */

import { type Memory, readPointer } from './memory.ts';

const NEXT = 8;

/** The structures on a list; `link` is where the list's node is in them. Ends at `limit`: the list may change meanwhile. */
export function* listMembers(memory: Memory, head: number, link: number, limit: number): Generator<number> {
  let node = readPointer(memory, head + NEXT);
  for (let count = 0; node && node !== head && count < limit; count++) {
    yield node - link;
    node = readPointer(memory, node + NEXT);
  }
}
