/** What printing needs to know of the running system: names for addresses, users, cgroups, clocks. */
import type { ClockMode, StackType } from '../../lang/types/type.ts';
import type { ByteText } from './printable.ts';

export interface Resolver {
  /** Name of the function or variable; the address in hexadecimal where none is known. */
  kernelSymbol(address: bigint): ByteText;
  userSymbol(address: bigint, pid: number, probe: number): ByteText;
  /** The frames, one a line, after a line break; `at` is where a STACK_KEY lies. */
  stack(type: StackType, view: DataView, at: number): ByteText;
  userName(uid: bigint): ByteText;
  cgroupPath(id: bigint, filter: string): ByteText;
  /** Nanoseconds since 1970 of a reading of the clock. */
  epoch(clock: ClockMode, nanoseconds: bigint): bigint;
}
