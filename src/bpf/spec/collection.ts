/** Maps, programs and links that belong together: what a compiler or an object file gives and a loader takes. */
import type { LinkSpec } from './link.ts';
import type { MapSpec } from './map.ts';
import type { ProgramSpec } from './program.ts';

export interface CollectionSpec {
  readonly maps: readonly MapSpec[];
  readonly programs: readonly ProgramSpec[];
  readonly links: readonly LinkSpec[];
  /** Types of maps and functions, as the compiler wrote them; without it the loader makes its own. */
  readonly btf?: Buffer;
}
