/** What a run writes: values to the sink, reports to standard error or, as JSON, among the values. */
import { jsonFormat, jsonReports } from './format/json-output.ts';
import type { OutputFormat, ReportFormat } from './format/output-format.ts';
import { type ByteText, toBytes } from './format/printable.ts';
import { textFormat } from './format/text-output.ts';
import { type ReportOptions, reportLine, textReports } from './format/text-reports.ts';
import { Sink } from './sink.ts';

/** Values and reports in words of one's own; reports go to standard error. */
export interface Wording {
  readonly values: OutputFormat;
  readonly reports: ReportFormat;
}

/** Where a run puts what it has to say. */
export interface RunOutput extends Wording {
  /** Nobody reads any more. */
  readonly closed: boolean;
  write(text: ByteText): void;
  report(text: ByteText): void;
  /** Trouble that is not the script's. */
  error(text: string): void;
  warning(text: string): void;
  /** A batch of events is over. */
  settle(): void;
  end(): void;
}

export class Output implements RunOutput {
  /** Values: `output.write(output.values.printf(text))`. */
  readonly values: OutputFormat;
  readonly reports: ReportFormat;
  readonly #sink: Sink;
  readonly #reportSink: Sink;
  readonly #errors: Sink;
  readonly #options: ReportOptions;

  constructor(format: 'text' | 'json' | Wording, sink: Sink, options: ReportOptions) {
    this.#sink = sink;
    this.#errors = new Sink(2, 'none');
    this.#options = options;
    const { values, reports } = wordingOf(format, options);
    this.values = values;
    this.reports = reports;
    this.#reportSink = format === 'json' ? sink : this.#errors;
  }

  /** Nobody reads any more. */
  get closed(): boolean {
    return this.#sink.closed;
  }

  write(text: ByteText): void {
    this.#sink.write(text);
  }

  report(text: ByteText): void {
    this.#reportSink.write(text);
  }

  /** Trouble that is not the script's: always on standard error. */
  error(text: string): void {
    this.#errors.write(reportLine('ERROR', '', toBytes(text), this.#options.colour));
  }

  warning(text: string): void {
    if (this.#options.warnings) this.#errors.write(reportLine('WARNING', '', toBytes(text), this.#options.colour));
  }

  /** A batch of events is over: what it wrote can be seen now, unless buffering is `full`. */
  settle(): void {
    this.#sink.settle();
  }

  end(): void {
    this.#sink.end();
  }
}

function wordingOf(format: 'text' | 'json' | Wording, options: ReportOptions): Wording {
  if (format === 'text') return { values: textFormat, reports: textReports(options) };
  return format === 'json' ? { values: jsonFormat, reports: jsonReports } : format;
}
