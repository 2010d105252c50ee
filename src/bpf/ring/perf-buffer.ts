/**
 * Reads a perf event array, what kernels before 5.8 have for events: a buffer for each CPU (linux/perf_event.h).
 *   page 0: struct perf_event_mmap_page · then the data: type:32 · misc:16 · size:16 · …
 * Records may be split at the end of the data; order between CPUs is not kept.
 */

import { u32 } from '../../base/record.ts';
import { codecOf } from '../maps/codec.ts';
import { KeyedMap, type MapHandle } from '../maps/index.ts';
import {
  closeFd,
  type Mapping,
  mmap,
  must,
  needs,
  onlineCpus,
  PERF_SAMPLE_RAW,
  PERF_SOFTWARE,
  PERF_TYPE,
  pageSize,
  perfEventOpen,
  perfIoctl,
} from '../sys/index.ts';
import type { EventSource, OnEvent } from './source.ts';

/** Offset of data_head in struct perf_event_mmap_page; data_tail follows it. */
const DATA_HEAD = 1024;
const RECORD_LOST = 2;
const RECORD_SAMPLE = 9;
const HEADER = 8;

class CpuBuffer {
  readonly fd: number;
  readonly #mapping: Mapping;
  readonly #positions: BigInt64Array;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  /** Records that wrap around the end are put together here. */
  readonly #joined = new DataView(new ArrayBuffer(1 << 16));

  constructor(cpu: number, pages: number) {
    const doing = `opening the perf buffer of CPU ${cpu}`;
    const page = pageSize();
    const attr = {
      type: PERF_TYPE.software,
      config: PERF_SOFTWARE.bpf_output,
      sample_type: PERF_SAMPLE_RAW,
      sample_period: 1,
      // No wake-ups: the reader looks by itself.
      wakeup_events: 0x7fffffff,
    };
    this.fd = must(perfEventOpen(attr, -1, cpu), doing, needs('CAP_PERFMON'));
    try {
      this.#mapping = mmap(this.fd, 0, (1 + pages) * page, true, doing);
      must(perfIoctl(this.fd, 'enable'), doing);
    } catch (error) {
      closeFd(this.fd);
      throw error;
    }
    this.#positions = new BigInt64Array(this.#mapping.memory, DATA_HEAD, 2);
    this.#data = new Uint8Array(this.#mapping.memory, page);
    this.#view = new DataView(this.#mapping.memory, page);
  }

  poll(onEvent: OnEvent, onLost: (count: number) => void, limit: number): number {
    const size = this.#data.length;
    const head = Number(Atomics.load(this.#positions, 0));
    let tail = Number(this.#positions[1]);
    let count = 0;
    try {
      while (tail < head && count < limit) {
        const at = tail % size;
        const type = this.#view.getUint32(at, true);
        const length = this.#view.getUint16(at + 6, true);
        const [view, start] = at + length <= size ? [this.#view, at] : [this.#join(at, length), 0];
        tail += length;
        if (type === RECORD_SAMPLE) {
          count++;
          // The kernel pads raw data to 8 bytes together with its size.
          onEvent(view, start + HEADER + 4, view.getUint32(start + HEADER, true));
        } else if (type === RECORD_LOST) {
          onLost(Number(view.getBigUint64(start + HEADER + 8, true)));
        }
      }
    } finally {
      Atomics.store(this.#positions, 1, BigInt(tail));
    }
    return count;
  }

  close(): void {
    this.#mapping.unmap();
    closeFd(this.fd);
  }

  #join(at: number, length: number): DataView {
    const joined = new Uint8Array(this.#joined.buffer);
    const first = this.#data.length - at;
    joined.set(this.#data.subarray(at), 0);
    joined.set(this.#data.subarray(0, length - first), first);
    return this.#joined;
  }
}

export class PerfBuffer implements EventSource {
  lost = 0;
  readonly #cpus: readonly CpuBuffer[];

  /** `pages` a CPU, a power of two. */
  constructor(map: MapHandle, pages = 64) {
    const cpus: CpuBuffer[] = [];
    const slots = new KeyedMap(map, codecOf(u32), codecOf(u32));
    this.#cpus = cpus;
    try {
      for (const cpu of onlineCpus()) {
        const buffer = new CpuBuffer(cpu, pages);
        cpus.push(buffer);
        slots.set(cpu, buffer.fd);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  poll(onEvent: OnEvent, limit = Number.POSITIVE_INFINITY): number {
    const onLost = (events: number) => {
      this.lost += events;
    };
    let count = 0;
    for (const cpu of this.#cpus) count += cpu.poll(onEvent, onLost, limit - count);
    return count;
  }

  close(): void {
    for (const cpu of this.#cpus) cpu.close();
  }
}
