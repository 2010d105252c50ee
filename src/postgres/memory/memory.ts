/** What the readers of PostgreSQL's structures need of a process: bytes at an address. */

export interface Memory {
  /** Fills `into`; false where any of it is not mapped. Addresses of user space fit a number (below 2^47). */
  read(address: number, into: Uint8Array): boolean;
}
