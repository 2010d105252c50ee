/** Options of a command: how a row of the command table declares them, and how arguments become their values. */
import { PebbleError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import { parseDuration } from '../base/time.ts';

interface Described {
  readonly summary: string;
  /** One letter, without the dash. */
  readonly short?: string;
}
export interface FlagOption extends Described {
  readonly kind: 'flag';
}
/** An option with a value; `value` is its name in help: `--pgdata DIR`. */
interface Valued extends Described {
  readonly value: string;
  readonly repeat?: true;
}
export interface StringOption extends Valued {
  readonly kind: 'string';
  /** What a shell should complete. */
  readonly complete?: 'directory' | 'file';
}
/** Too large for a number of JavaScript: stays a text. */
export interface IdOption extends Valued {
  readonly kind: 'id';
}
export interface IntegerOption extends Valued {
  readonly kind: 'integer';
  readonly min?: number;
}
/** Read into milliseconds. */
export interface DurationOption extends Valued {
  readonly kind: 'duration';
}
export interface ChoiceOption extends Valued {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}
export type OptionSpec = FlagOption | StringOption | IdOption | IntegerOption | DurationOption | ChoiceOption;
export type Options = Readonly<Record<string, OptionSpec>>;

type Single<S extends OptionSpec> = S extends IntegerOption | DurationOption
  ? number
  : S extends ChoiceOption
    ? S['choices'][number]
    : string;
type OptionValue<S extends OptionSpec> = S extends FlagOption
  ? boolean
  : S extends { readonly repeat: true }
    ? readonly Single<S>[]
    : Single<S> | undefined;

/** What a command gets: every declared option; flags are false, repeated ones empty and others undefined when not given. */
export type Values<O extends Options> = { readonly [K in keyof O]: OptionValue<O[K]> };

export interface Parsed<O extends Options> {
  readonly options: Values<O>;
  readonly operands: readonly string[];
}

type ValueReader = {
  readonly [K in Exclude<OptionSpec['kind'], 'flag'>]: (
    text: string,
    spec: OptionSpec & { kind: K },
  ) => string | number;
};

/** Each reader returns the value, or throws what was expected. */
const READERS: ValueReader = {
  string: (text) => text,
  id: (text) => {
    if (/^-?\d+$/.test(text)) return text;
    throw new Expectation('a number');
  },
  integer: (text, spec) => {
    const least = spec.min ?? 0;
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new Expectation(`an integer of at least ${least}`);
  },
  duration: (text) => {
    const value = parseDuration(text);
    if (value) return value;
    throw new Expectation('a time such as 10s, 500ms, 1m30s');
  },
  choice: (text, spec) => {
    if (spec.choices.includes(text)) return text;
    throw new Expectation(`one of ${spec.choices.join(', ')}`);
  },
};

class Expectation extends Error {}

/** Reads arguments as getopt_long does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-ab`, `--` ends them. */
export function parseOptions<const O extends Options>(argv: readonly string[], specs: O): Parsed<O> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs))
    values[name] = spec.kind === 'flag' ? false : spec.repeat ? [] : undefined;
  const operands: string[] = [];
  const rest = [...argv];
  while (rest.length > 0) {
    const argument = rest.shift()!;
    if (argument === '--') {
      operands.push(...rest.splice(0));
    } else if (argument.startsWith('--')) {
      const equals = argument.indexOf('=');
      const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals);
      assign(values, specs, name, `--${name}`, equals < 0 ? undefined : argument.slice(equals + 1), rest);
    } else if (argument.startsWith('-') && argument.length > 1) {
      readShort(argument.slice(1), specs, values, rest);
    } else {
      operands.push(argument);
    }
  }
  return { options: values as Values<O>, operands };
}

/** One word of short options: flags, the last of which may have a value: `-vp 12`, `-vp12`. */
function readShort(letters: string, specs: Options, values: Record<string, unknown>, rest: string[]): void {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const name = Object.keys(specs).find((key) => specs[key]!.short === letter) ?? letter;
    const attached = letters.slice(at + 1);
    const isFlag = specs[name]?.kind === 'flag';
    assign(values, specs, name, `-${letter}`, isFlag || attached === '' ? undefined : attached, rest);
    if (!isFlag) return;
  }
}

function assign(
  values: Record<string, unknown>,
  specs: Options,
  name: string,
  typed: string,
  attached: string | undefined,
  rest: string[],
): void {
  const spec = Object.hasOwn(specs, name) ? specs[name]! : undefined;
  if (!spec || (typed.length === 2 && spec.short !== typed[1])) throw unknownOption(typed, specs);
  if (spec.kind === 'flag') {
    if (attached !== undefined) throw new PebbleError('usage', { what: `${typed} takes no value` });
    values[name] = true;
    return;
  }
  const text = attached ?? rest.shift();
  if (text === undefined) throw new PebbleError('usage', { what: `${typed} needs a value: ${typed} ${spec.value}` });
  const value = readValue(typed, text, spec);
  if (spec.repeat) (values[name] as unknown[]).push(value);
  else values[name] = value;
}

function readValue(typed: string, text: string, spec: Exclude<OptionSpec, FlagOption>): string | number {
  const read = READERS[spec.kind] as (text: string, spec: OptionSpec) => string | number;
  try {
    return read(text, spec);
  } catch (error) {
    if (!(error instanceof Expectation)) throw error;
    throw new PebbleError('usage', { what: `${typed} wants ${error.message}, not ${JSON.stringify(text)}` });
  }
}

function unknownOption(typed: string, specs: Options): PebbleError {
  const known = Object.keys(specs).map((name) => `--${name}`);
  const near = typed.startsWith('--') ? suggest(typed, known) : undefined;
  return new PebbleError('usage', {
    what: `there is no option ${typed}`,
    ...(near && { hint: `did you mean ${near}?` }),
  });
}
