/** Records that an object's programs send through ring buffers and perf event arrays. */
import type { BtfValue } from '../../btf/index.ts';
import { type EventSource, PerfBuffer, Poller, RingBuffer } from '../../ring/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import type { LoadedObject } from './load.ts';
import { recordDecoder } from './records.ts';

export interface EventRecord {
  readonly map: string;
  /** Valid after the callback, too. */
  readonly bytes: Buffer;
  /** undefined where nothing tells the type. */
  readonly value: BtfValue | undefined;
}

export interface EventCounts {
  readonly records: number;
  /** undefined where the buffer was full at times: only the program knows what found no room in a ring buffer. */
  readonly lost: number | undefined;
}

interface Stream {
  readonly spec: MapSpec;
  readonly source: EventSource;
  readonly poller: Poller;
  records: number;
}

export class EventStreams {
  readonly #streams = new Map<string, Stream>();

  constructor(
    { collection, object }: Pick<LoadedObject, 'collection' | 'object'>,
    onRecord: (record: EventRecord) => void,
  ) {
    try {
      for (const spec of collection.spec.maps) {
        if (spec.type !== 'ringbuf' && spec.type !== 'perf_event_array') continue;
        const map = collection.map(spec.name);
        const source = spec.type === 'ringbuf' ? new RingBuffer(map) : new PerfBuffer(map);
        const decode = recordDecoder(object, spec);
        const stream: Stream = {
          spec,
          source,
          records: 0,
          poller: new Poller(source, (view, at, length) => {
            const start = view.byteOffset + at;
            const bytes = Buffer.from(view.buffer.slice(start, start + length));
            stream.records++;
            onRecord({ map: spec.name, bytes, value: decode(bytes) });
          }),
        };
        this.#streams.set(spec.name, stream);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads what is left. */
  drain(): void {
    for (const { poller } of this.#streams.values()) poller.drain();
  }

  counts(map: string): EventCounts | undefined {
    const stream = this.#streams.get(map);
    if (stream === undefined) return undefined;
    const { source, records } = stream;
    const unknown = source instanceof RingBuffer && source.mayHaveLost;
    return { records, lost: unknown ? undefined : source.lost };
  }

  close(): void {
    for (const { poller, source } of this.#streams.values()) {
      poller.stop();
      source.close();
    }
  }
}
