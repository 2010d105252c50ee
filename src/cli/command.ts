/** The shape of a row of the command table, and of the module that it loads. */
import type { Options, Parsed } from './options.ts';

/** How this run talks to its user. */
export interface Context {
  /** Colours may be used on standard output. */
  readonly color: boolean;
  /** Standard output is a terminal. */
  readonly terminal: boolean;
}

/** A command ends with its exit status; nothing means 0, or 130 after Ctrl-C. */
export type Exit = number | undefined;

interface Row {
  readonly name: string;
  /** One line, lower case start, no full stop. */
  readonly summary: string;
  /** What follows the options: `PROGRAM | FILE.bt`. */
  readonly operands?: string;
  /** How many operands are accepted, at most; none when absent. */
  readonly maxOperands?: number;
  readonly examples: readonly { readonly line: string; readonly shows: string }[];
}

export interface ParsedRow<O extends Options = Options> extends Row {
  readonly raw?: false;
  readonly options: O;
  readonly load: () => Promise<{ readonly run: (parsed: Parsed<O>, context: Context) => Promise<Exit> | Exit }>;
}

/** A command that reads its own arguments, in another tool's manner; `options` are for help and completion only. */
export interface RawRow extends Row {
  readonly raw: true;
  readonly options: Options;
  readonly load: () => Promise<{ readonly run: (argv: readonly string[], context: Context) => Promise<Exit> | Exit }>;
}

/** The table forgets which options a row has: the row's own declaration was checked against its module. */
export type CommandRow = ParsedRow<never> | RawRow;

/** Checks that a row's module takes what the row's options give. */
export function command<const O extends Options>(row: ParsedRow<O>): CommandRow {
  return row as unknown as CommandRow;
}
