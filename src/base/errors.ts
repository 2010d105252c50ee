/** The one error class that users meet: what was being done, what happened, what to do. */

/** Stable, greppable names of the failures that Pebble itself reports. */
export type ErrorCode =
  | 'usage' // the command line or an option is wrong
  | 'privilege' // a capability or root is missing
  | 'no-target' // nothing to observe: no PostgreSQL, no such process, no such probe
  | 'unsupported' // this kernel, binary or PostgreSQL cannot do it
  | 'syntax' // a script does not parse
  | 'semantic' // a script parses but means nothing sensible
  | 'verifier' // the kernel's verifier rejected a program
  | 'kernel' // another kernel call failed
  | 'format' // bytes that should be ELF, BTF, a note, a protocol message … are not
  | 'layout' // a PostgreSQL structure does not look as expected: refuse rather than guess
  | 'io' // a file or socket failed
  | 'internal'; // a bug of ours

/** Exit status of the command line for an error (docs: product table). */
export const EXIT_CODE: Record<ErrorCode, number> = {
  usage: 2,
  privilege: 3,
  'no-target': 4,
  unsupported: 1,
  syntax: 1,
  semantic: 1,
  verifier: 1,
  kernel: 1,
  format: 1,
  layout: 1,
  io: 1,
  internal: 1,
};

export interface ErrorParts {
  /** What happened, one sentence, lower case start, no full stop. */
  readonly what: string;
  /** What was being done: "attaching uprobe:…", "reading /proc/12/exe". */
  readonly doing?: string;
  /** What the user can do about it. */
  readonly hint?: string;
  /** The whole story for those who want it: a verifier log, a stack of attempts. */
  readonly detail?: string;
  readonly cause?: unknown;
}

export class PebbleError extends Error {
  override readonly name: string = 'PebbleError';
  readonly code: ErrorCode;
  readonly what: string;
  readonly doing: string | undefined;
  readonly hint: string | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(
      parts.doing ? `${parts.doing}: ${parts.what}` : parts.what,
      parts.cause === undefined ? {} : { cause: parts.cause },
    );
    this.code = code;
    this.what = parts.what;
    this.doing = parts.doing;
    this.hint = parts.hint;
    this.detail = parts.detail;
    // A verifier's log of a megabyte is for those who ask for it, not for whoever prints the error.
    Object.defineProperty(this, 'detail', { enumerable: false });
  }
}
