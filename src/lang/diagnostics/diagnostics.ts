/** Collects what the compiler has to say about a script: errors, warnings, their hints and related places. */
import type { Span } from './source.ts';

export type Severity = 'error' | 'warning';

export interface Diagnostic {
  readonly severity: Severity;
  /** Absent: about the script as a whole. */
  readonly span?: Span;
  readonly message: string;
  readonly hints: readonly string[];
  /** Other places that explain this one. */
  readonly related: readonly Related[];
}
export interface Related {
  readonly span: Span;
  readonly message: string;
}
export interface DiagnosticExtras {
  readonly hints?: readonly string[];
  readonly related?: readonly Related[];
}

export class Diagnostics {
  readonly #all: Diagnostic[] = [];
  #errors = 0;

  get all(): readonly Diagnostic[] {
    return this.#all;
  }
  get errors(): number {
    return this.#errors;
  }
  get ok(): boolean {
    return this.#errors === 0;
  }

  error(span: Span | undefined, message: string, extras: DiagnosticExtras = {}): void {
    this.#errors++;
    this.#add('error', span, message, extras);
  }

  warning(span: Span | undefined, message: string, extras: DiagnosticExtras = {}): void {
    this.#add('warning', span, message, extras);
  }

  addAll(others: Iterable<Diagnostic>): void {
    for (const other of others) {
      if (other.severity === 'error') this.#errors++;
      this.#all.push(other);
    }
  }

  #add(severity: Severity, span: Span | undefined, message: string, extras: DiagnosticExtras): void {
    const { hints = [], related = [] } = extras;
    this.#all.push({ severity, message, hints, related, ...(span && { span }) });
  }
}
