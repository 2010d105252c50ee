/** One reading of the kernel's sums about block devices: what each doer, and everybody else, has asked of them. */

import { type FieldRule, Histogram, mergeRow } from '../../aggregate/index.ts';
import type { IoOperation } from '../../api/index.ts';
import { textAt } from '../../base/record.ts';
import { deviceName } from './devices.ts';
import { doerKey, isSameDoer } from './doer.ts';
import type { Engine } from './engine.ts';
import type { Peaks } from './peaks.ts';
import { type Doer, type Identify, maximaOf } from './totals.ts';

/** Fields of `struct io_counters` of io.bt. */
export const IO_COUNTERS = ['count', 'bytes', 'by_workers', 'ns', 'max'] as const;
export const IO_RULES: readonly FieldRule[] = ['sum', 'sum', 'sum', 'sum', 'max'];
export const FILE_RULES: readonly FieldRule[] = ['sum', 'sum'];

export const IO_MAXIMA: readonly number[] = maximaOf(IO_RULES);

interface Requests {
  readonly device: string;
  readonly operation: IoOperation;
  readonly counters: Float64Array;
  /** Of IO_MAXIMA. */
  peaks: readonly Peaks[];
}

export interface IoTotalsRow extends Requests {
  readonly doer: Doer;
  readonly latency: Histogram;
}

export interface IoFileTotals extends Requests {
  readonly doer: Doer;
  readonly inode: number;
  /** dev_t of the file system, as the kernel has it. */
  readonly fileSystem: number;
}

export interface IoOtherTotals extends Requests {
  readonly process: string;
  readonly isKernel: boolean;
}

/** Besides the counters. */
export const isSameRequests = (row: IoTotalsRow, before: IoTotalsRow): boolean =>
  isSameDoer(row.doer, before.doer) && row.latency.equals(before.latency);

/** enum req_op (include/linux/blk_types.h). */
const OPERATIONS: Readonly<Record<number, IoOperation>> = { 0: 'read', 1: 'write', 2: 'flush', 3: 'discard' };
const operationOf = (number: number): IoOperation => OPERATIONS[number] ?? 'other';

export class IoTotals {
  /** Of this reading: those that came later have higher ones. */
  readonly reading: number;
  readonly requests = new Map<string, IoTotalsRow>();
  readonly files = new Map<string, IoFileTotals>();
  readonly others = new Map<string, IoOtherTotals>();
  dropped = 0;
  readonly #identify: Identify;

  constructor(engine: Engine, identify: Identify) {
    this.#identify = identify;
    this.reading = engine.beginIoReading();
    if (!engine.signals.has('io')) return;
    engine.counters('@io').read((key, at, row) => {
      const one = this.#requestsOf(key.getUint32(at, true), key.getUint32(at + 4, true), key.getUint32(at + 8, true));
      if (one) mergeRow(IO_RULES, one.counters, row);
    });
    engine.counters('@io_latencies').read((key, at, row) => {
      const one = this.#requestsOf(key.getUint32(at, true), key.getUint32(at + 4, true), key.getUint32(at + 8, true));
      one?.latency.addBucket(key.getUint32(at + 12, true), row[0]!);
    });
    engine.counters('@io_files').read((key, at, row) => this.#addFile(key, at, row));
    engine.counters('@io_others').read((key, at, row) => this.#addOther(key, at, row));
    engine.counters('@io_dropped').read((_key, _at, row) => {
      this.dropped += row[0]!;
    });
  }

  #requestsOf(slot: number, device: number, operation: number): IoTotalsRow | undefined {
    const doer = this.#identify(slot);
    if (!doer) return undefined;
    return find(this.requests, `${doerKey(doer)} ${device} ${operation}`, () => ({
      doer,
      device: deviceName(device),
      operation: operationOf(operation),
      counters: new Float64Array(IO_RULES.length),
      latency: new Histogram(),
      peaks: [],
    }));
  }

  /** inode:64 · file system:32 · slot:32 · device:32 · operation:32 */
  #addFile(key: DataView, at: number, row: Float64Array): void {
    const inode = Number(key.getBigUint64(at, true));
    const [fileSystem, slot, device, operation] = [8, 12, 16, 20].map((offset) => key.getUint32(at + offset, true));
    const doer = this.#identify(slot!);
    if (!doer) return;
    const known = find(this.files, `${doerKey(doer)} ${device} ${operation} ${fileSystem} ${inode}`, () => ({
      doer,
      inode,
      fileSystem: fileSystem!,
      device: deviceName(device!),
      operation: operationOf(operation!),
      counters: new Float64Array(FILE_RULES.length),
      peaks: [],
    }));
    mergeRow(FILE_RULES, known.counters, row);
  }

  /** command:16 bytes · kernel thread:32 · device:32 · operation:32 */
  #addOther(key: DataView, at: number, row: Float64Array): void {
    const [kernel, device, operation] = [16, 20, 24].map((offset) => key.getUint32(at + offset, true));
    const process = nameOf(textAt(key, at, 16), kernel !== 0);
    const known = find(this.others, `${process} ${kernel} ${device} ${operation}`, () => ({
      process,
      isKernel: kernel !== 0,
      device: deviceName(device!),
      operation: operationOf(operation!),
      counters: new Float64Array(IO_RULES.length),
      peaks: [],
    }));
    mergeRow(IO_RULES, known.counters, row);
  }
}

/** One row for all of the kernel's workers: "kworker/u8:4" and its like differ by number only. */
const nameOf = (comm: string, isKernel: boolean): string => (isKernel ? comm.replace(/^kworker\/.*/, 'kworker') : comm);

function find<Row>(rows: Map<string, Row>, key: string, make: () => Row): Row {
  let row = rows.get(key);
  if (!row) {
    row = make();
    rows.set(key, row);
  }
  return row;
}
