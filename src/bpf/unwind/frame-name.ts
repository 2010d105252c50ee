/** One name for all addresses of a function, also where its file has no symbol for it. */
import { basename } from 'node:path';
import { demangle, type UserPlace, type UserSymbols } from '../symbols/index.ts';

export interface FrameName {
  /**
   * The function; "function at 0x1234 of postgres" where the file names no symbol but its tables say where the
   * function starts; else "near X of FILE", never X itself; else "code of FILE".
   */
  readonly name: string;
  /** Path of the mapped file as the process sees it. */
  readonly module: string;
  /** The name is that of the function. */
  readonly known: boolean;
}

const UNKNOWN: FrameName = { name: 'unknown code', module: '', known: false };

/**
 * `address` is where the frame is, or, but for the innermost, where it is returned to: then what lies before it
 * counts, which is the call. `start` is that of the unwound frame.
 */
export function frameName(
  symbols: UserSymbols,
  pid: number,
  address: number,
  start: number,
  innermost: boolean,
): FrameName {
  const place = symbols.locate(pid, innermost ? address : address - 1);
  if (isIn(place)) return known(place);
  // The kernel lets a signal handler return to the start of a function that never called it.
  const itself = innermost ? undefined : symbols.locate(pid, address);
  if (isIn(itself) && itself.offset === 0) return known(itself);
  return place ? nameless(place, start) : UNKNOWN;
}

type Named = UserPlace & { readonly symbol: string };

function isIn(place: UserPlace | undefined): place is Named {
  return place?.symbol !== undefined && !place.near;
}

const known = ({ symbol, module }: Named): FrameName => ({ name: demangle(symbol), module, known: true });

function nameless({ symbol, module }: UserPlace, start: number): FrameName {
  const file = module === '' ? 'anonymous memory' : basename(module);
  if (start > 0) return { name: `function at 0x${start.toString(16)} of ${file}`, module, known: false };
  const name = symbol === undefined ? `code of ${file}` : `near ${demangle(symbol)} of ${file}`;
  return { name, module, known: false };
}
