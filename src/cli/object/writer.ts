/** How a run of an object is shown: as text or as JSON rows. */
import type { EventRecord, ObjectRun } from '../../bpf/object/host/index.ts';

export interface ObjectWriter {
  /** All that can be attached is. */
  started(run: ObjectRun): void;
  record(record: EventRecord): void;
  /** Nothing is attached any more. */
  finished(run: ObjectRun): void;
}
