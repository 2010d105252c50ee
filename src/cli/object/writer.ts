/** How a run of an object is shown: as text or as JSON rows. */
import type { EventRecord, ObjectRun } from '../../bpf/object/host/index.ts';

/** Beside a ring buffer whose losses are not known: its program alone learns that there was no room. */
export const WAS_FULL = 'the buffer was full at times: how many records found no room, only the program knows';

export interface ObjectWriter {
  /** All that can be attached is. */
  started(run: ObjectRun): void;
  record(record: EventRecord): void;
  /** Nothing is attached any more. */
  finished(run: ObjectRun): void;
}
