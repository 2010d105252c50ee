/** A row of `pebble profile --json` and of the HTTP API, as docs/json.md describes it. */
import type { DoerFields } from './doer.ts';
import type { InnerFields } from './inner.ts';
import type { RowHead } from './row-head.ts';

export interface ProfileFrame {
  readonly function: string;
  /** The name is the function's own; else it says what is known instead. */
  readonly known: boolean;
  /** Name of the file; `[kernel]`. */
  readonly module: string;
}

export type Phase = 'parse' | 'rewrite' | 'plan' | 'start' | 'run' | 'end' | 'commit';

export interface ProfileRow extends RowHead, DoerFields, InnerFields {
  readonly kind: 'on_cpu' | 'off_cpu';
  /** What PostgreSQL says it waits for at that moment: also while it is on a CPU. */
  readonly wait_event_type: string | null;
  readonly wait_event: string | null;
  /** What the statement is at, by the functions on the stack; null between phases and for background processes. */
  readonly phase: Phase | null;
  readonly samples: number;
  readonly time_us: number;
  /** The first function of the process first; the kernel's part last. */
  readonly stack: readonly ProfileFrame[];
  /** The stack begins with the process's first function; else the beginning is missing. */
  readonly complete: boolean;
}
