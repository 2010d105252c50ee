/** Records that an object's programs send through ring buffers and perf event arrays. */

import {
  type Btf,
  type BtfValue,
  resolve,
  sizeOf,
  type TypeId,
  type ValueReader,
  valueReader,
} from '../../btf/index.ts';
import type { Collection } from '../../collection.ts';
import { type EventSource, PerfBuffer, Poller, RingBuffer } from '../../ring/index.ts';
import type { MapSpec } from '../../spec/index.ts';

export interface EventRecord {
  readonly map: string;
  /** Valid after the callback, too. */
  readonly bytes: Buffer;
  /** undefined where nothing tells the type. */
  readonly value: BtfValue | undefined;
}

interface Stream {
  readonly spec: MapSpec;
  readonly source: EventSource;
  readonly poller: Poller;
  records: number;
}

export class EventStreams {
  readonly #streams = new Map<string, Stream>();

  constructor(collection: Collection, btf: Btf | undefined, onRecord: (record: EventRecord) => void) {
    try {
      for (const spec of collection.spec.maps) {
        if (spec.type !== 'ringbuf' && spec.type !== 'perf_event_array') continue;
        const map = collection.map(spec.name);
        const source = spec.type === 'ringbuf' ? new RingBuffer(map) : new PerfBuffer(map);
        const decode = btf ? recordDecoder(btf, spec) : () => undefined;
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

  counts(map: string): { readonly records: number; readonly lost: number } | undefined {
    const stream = this.#streams.get(map);
    return stream && { records: stream.records, lost: stream.source.lost };
  }

  close(): void {
    for (const { poller, source } of this.#streams.values()) {
      poller.stop();
      source.close();
    }
  }
}

/**
 * By the value type of the map's definition; else by name: records of a map "events" are a struct (or typedef)
 * event, events, event_t, events_event or events_record, where the object's types have one that is not longer.
 */
export function recordDecoder(btf: Btf, spec: MapSpec): (bytes: Buffer) => BtfValue | undefined {
  const readers = recordTypes(btf, spec).map((id) => ({ size: sizeOf(btf, id), read: lazyReader(btf, id) }));
  return (bytes) => readers.find(({ size }) => size <= bytes.length)?.read(bytes, 0);
}

function lazyReader(btf: Btf, id: TypeId): ValueReader {
  let reader: ValueReader | undefined;
  return (bytes, at) => {
    reader ??= valueReader(btf, id);
    return reader(bytes, at);
  };
}

function recordTypes(btf: Btf, { name, types }: MapSpec): TypeId[] {
  if (types && isComposite(btf, types.value)) return [types.value];
  const one = name.replace(/(_?(events|ringbuf|rb|map|buffer|records))$/, (whole) =>
    whole === 'events' ? 'event' : '',
  );
  const stems = [...new Set([name.replace(/s$/, ''), name, one, 'event', 'record', 'data'])].filter(
    (stem) => stem !== '',
  );
  const names = stems.flatMap((stem) => [stem, `${stem}_t`, `${stem}_event`, `${stem}_record`]);
  return names
    .flatMap((wanted) => [...btf.findAll(wanted, 'struct'), ...btf.findAll(wanted, 'typedef')])
    .filter((id) => isComposite(btf, id));
}

function isComposite(btf: Btf, id: TypeId): boolean {
  const { kind } = resolve(btf, id);
  return kind === 'struct' || kind === 'union';
}
