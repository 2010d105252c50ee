/** Writes history: every few seconds what happened since the last time. */
import { PebbleError } from '../base/errors.ts';
import type { Attribution, IoReading } from '../collect/attribution/index.ts';
import type { Interval, Store, StoredRecord } from '../store/index.ts';
import { Intervals } from './interval.ts';
import { IoIntervals } from './io-interval.ts';
import { PatientClock } from './patient-clock.ts';

const HINT =
  'some intervals are kept in memory and written when that is over; after that the oldest are lost, and counted';

export interface RecorderOptions {
  readonly attribution: Attribution;
  readonly store: Store;
  readonly host: string;
  readonly flushMs: number;
  /** What else there is to keep, asked for at each flush. */
  readonly records?: (interval: Interval, reading: IoReading, led: Intervals) => Promise<readonly StoredRecord[]>;
  /** Told about errors; about the store's once, when trouble begins: its state has what is now. */
  readonly onError: (error: unknown) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #intervals: Intervals;
  readonly #io: IoIntervals;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | null = null;
  #clock: PatientClock | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#intervals = new Intervals(options.host, options.attribution.read());
    this.#io = new IoIntervals(options.host, options.attribution.readIo());
    this.#schedule();
  }

  /** Writes what happened since the last flush, after whatever is being written now. */
  flush(): Promise<void> {
    this.#work = this.#work.then(() => this.#flush()).catch(this.#options.onError);
    return this.#work;
  }

  /** The last flush included. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.flush();
  }

  /** On the grid of the wall clock, so that the intervals of all hosts are the same. */
  #schedule(): void {
    const { flushMs } = this.#options;
    this.#timer = setTimeout(
      () => {
        void this.flush();
        this.#schedule();
      },
      flushMs - (Date.now() % flushMs),
    );
  }

  async #flush(): Promise<void> {
    const { attribution, store, records } = this.#options;
    const agedMs = await this.#agedMs();
    const reading = { totals: attribution.read(), io: attribution.readIo() };
    const interval = this.#intervals.lead(reading.totals);
    const samples = { ...interval.samples, ...this.#io.advance(reading.io) };
    await store.append({ ...interval, samples, records: (await records?.(interval, reading, this.#intervals)) ?? [] });
    await store.maintain(Date.now(), agedMs);
    await this.#tellTrouble();
  }

  /** A clock that jumps forward must not delete what is kept for days. */
  async #agedMs(): Promise<number> {
    const { newestMs } = this.#clock ? { newestMs: null } : await this.#options.store.state();
    this.#clock ??= new PatientClock(newestMs ?? Date.now(), performance.now());
    return this.#clock.advance(Date.now(), performance.now());
  }

  /** In the log, when it begins: the state alone is seen by nobody who does not look. */
  async #tellTrouble(): Promise<void> {
    const { trouble } = await this.#options.store.state();
    const isNew = trouble !== null && trouble !== this.#trouble;
    this.#trouble = trouble;
    if (isNew) this.#options.onError(new PebbleError('io', { doing: 'writing history', what: trouble, hint: HINT }));
  }
}
