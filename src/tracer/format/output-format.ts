/** What an output format makes of values: text for standard output. */
import type { SourcePlace } from '../../lang/script.ts';
import type { ByteText, Printable } from './printable.ts';
import type { MapSnapshot } from './snapshot.ts';

export type Severity = 'ERROR' | 'WARNING';

/** How long a bench probe takes. */
export interface BenchResult {
  readonly name: string;
  /** Nanoseconds of one run, as the kernel counts them. */
  readonly average: number;
  readonly iterations: number;
}

export interface OutputFormat {
  map(snapshot: MapSnapshot): ByteText;
  value(value: Printable): ByteText;
  printf(text: ByteText): ByteText;
  time(text: ByteText): ByteText;
  cat(text: ByteText): ByteText;
  join(text: ByteText): ByteText;
  system(text: ByteText): ByteText;
  emit(name: ByteText, value: Printable): ByteText;
  benchmarks(results: readonly BenchResult[]): ByteText;
  /** The script has ended; maps follow. */
  end(): ByteText;
}

/** What a format has to say about the run itself. */
export interface ReportFormat {
  attached(probes: number): ByteText;
  lost(events: number): ByteText;
  /** errorf and warnf. */
  scripted(severity: Severity, text: ByteText, at: SourcePlace): ByteText;
  runtimeError(error: RuntimeError, at: SourcePlace): ByteText;
}

/** Something failed in the kernel while the script ran. */
export interface RuntimeError {
  /** bpf_… without the prefix where a helper failed; empty for other reasons. */
  readonly helper: string;
  readonly message: string;
  /** Minus the errno, for helpers. */
  readonly code: number;
}
