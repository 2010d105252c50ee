/** A running server as the resolver sees it: one program, loaded at one place in the postmaster and all its children. */

import type { Memory } from '../memory/memory.ts';

export interface ServerImage {
  readonly pid: number;
  readonly major: number;
  /** Address of a variable in every process of this server, from the program's symbol tables. */
  symbol(name: string): number | undefined;
  /** Address of a function without a name, by a string that no other function mentions. */
  mentioning(text: string): number | undefined;
  /** Where the program's code is. */
  readonly code: AddressRange;
  /** Where the program's variables are (.data, .bss). */
  readonly data: AddressRange;
  /** Where the memory is that all its processes share. */
  readonly shared: readonly AddressRange[];
  readonly children: readonly ChildImage[];
}

export interface ChildImage {
  /** As PostgreSQL itself knows it: in its own pid namespace. */
  readonly pid: number;
  /** Its process title: "postgres: checkpointer ", "postgres: alice shop [local] idle". */
  readonly title: string;
  readonly memory: Memory;
}

export interface AddressRange {
  readonly start: number;
  /** First address after it. */
  readonly end: number;
}
