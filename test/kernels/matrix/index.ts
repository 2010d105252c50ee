/** The matrix: all that the runtime does with a kernel, by subject. */
import { BUFFERS } from './buffers.ts';
import { KERNEL_HOOKS } from './kernel-hooks.ts';
import { MAPS } from './maps.ts';
import { PERF_EVENTS } from './perf-events.ts';
import { PROGRAMS } from './programs.ts';
import type { Row } from './row.ts';
import { USER_HOOKS } from './user-hooks.ts';

export { type Result, type Row, runRow } from './row.ts';

export const MATRIX: Readonly<Record<string, readonly Row[]>> = {
  'Hooks in the kernel': KERNEL_HOOKS,
  'Hooks in programs': USER_HOOKS,
  'Perf events': PERF_EVENTS,
  'Buffers of events': BUFFERS,
  Maps: MAPS,
  Programs: PROGRAMS,
};
