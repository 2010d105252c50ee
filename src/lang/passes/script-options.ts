/** The options that a script declares with getopt(), and the values that the command line gives them. */
import type { Diagnostics, Span } from '../diagnostics/index.ts';
import { type Call, type Expression, parseSigned, parseUnsigned } from '../syntax/index.ts';
import { foldExpression, literalOf } from './fold-literals.ts';

export type OptionValues = ReadonlyMap<string, string | undefined>;

export interface ScriptOption {
  readonly name: string;
  /** Its type is the option's type. */
  readonly defaultValue: bigint | boolean | string;
  readonly description: string;
}

/** A getopt() call as the value that the command line gives, or as its default. */
export function fillOption(
  call: Call,
  values: OptionValues,
  options: Map<string, ScriptOption>,
  diagnostics: Diagnostics,
): Expression {
  const option = readOption(call, diagnostics);
  if (!option || !declare(option, call, options, diagnostics)) return call;
  if (!values.has(option.name)) return valueNode(option.defaultValue, option, call.span);
  const result = readValue(option, values.get(option.name));
  if ('value' in result) return valueNode(result.value, option, call.span);
  const shown = values.get(option.name) ?? 'true';
  diagnostics.error(undefined, `program command line option --${option.name} ${result.error} (value: ${shown})`);
  return valueNode(option.defaultValue, option, call.span);
}

/** Refuses values for options that no getopt() declares; `--help` lists those that are. */
export function checkOptionNames(
  options: readonly ScriptOption[],
  values: OptionValues,
  diagnostics: Diagnostics,
): void {
  const known = new Set(options.map((option) => option.name));
  const unknown = [...values.keys()].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const help = unknown.includes('help');
  const others = unknown.filter((name) => name !== 'help').map((name) => `--${name}`);
  const message =
    others.length > 0
      ? `unexpected program command line options: ${others.join(', ')}`
      : 'not started: --help asks for the options of the script';
  diagnostics.error(undefined, message, { hints: [describeOptions(options, help)] });
}

function describeOptions(options: readonly ScriptOption[], withDescriptions: boolean): string {
  if (options.length === 0) return 'no custom program options defined.';
  if (!withDescriptions) return `expected program options: ${options.map(({ name }) => `--${name}`).join(', ')}`;
  const lines = options.map(({ name, description }) => `\n--${name}${description && `: ${description}`}`);
  return `expected program options:${lines.join('')}`;
}

/** getopt(name[, default[, description]]) with literal arguments. */
function readOption(call: Call, diagnostics: Diagnostics): ScriptOption | undefined {
  if (call.arguments.length === 0 || call.arguments.length > 3) {
    const message = "The 'getopt' function can take a maximum of three arguments and a minimum of one argument.";
    diagnostics.error(call.span, message);
    return undefined;
  }
  const [name, defaultNode, description] = call.arguments.map((one) => foldExpression(one, diagnostics));
  if (name?.kind !== 'string') {
    diagnostics.error(call.arguments[0]!.span, "First argument to 'getopt' must be a string literal.");
    return undefined;
  }
  const defaultValue = defaultNode ? literalOf(defaultNode) : false;
  if (defaultValue === undefined) {
    const message = "Second argument to 'getopt' must be a string literal, integer literal, or a boolean literal.";
    diagnostics.error(call.arguments[1]!.span, message);
    return undefined;
  }
  if (description && description.kind !== 'string') {
    const message = "Function 'getopt' requires the third parameter to be a string literal.";
    diagnostics.error(call.arguments[2]!.span, message);
    return undefined;
  }
  return { name: name.value, defaultValue, description: description?.value ?? '' };
}

/** The same option may be asked for in several places, if they agree. */
function declare(
  option: ScriptOption,
  call: Call,
  options: Map<string, ScriptOption>,
  diagnostics: Diagnostics,
): boolean {
  const known = options.get(option.name);
  if (known && known.defaultValue !== option.defaultValue) {
    diagnostics.error(
      call.span,
      `Command line option '${option.name}' needs to have the same default value in all places ` +
        `it is used. Previous default value: ${known.defaultValue}`,
    );
    return false;
  }
  if (known?.description && option.description && known.description !== option.description) {
    diagnostics.error(
      call.span,
      `Command line option '${option.name}' must have the same description in all places it's used. ` +
        'Hint: You can wrap it in a macro',
    );
    return false;
  }
  options.set(option.name, { ...option, description: option.description || (known?.description ?? '') });
  return true;
}

type ValueResult = { readonly value: ScriptOption['defaultValue'] } | { readonly error: string };

function readValue({ defaultValue }: ScriptOption, text: string | undefined): ValueResult {
  if (typeof defaultValue === 'boolean') {
    if (text === undefined || /^(?:1|true|on|yes)$/i.test(text)) return { value: true };
    return /^(?:0|false|off|no)$/i.test(text) ? { value: false } : { error: "expects a boolean (e.g. 'true')" };
  }
  if (typeof defaultValue === 'string') {
    return text === undefined ? { error: 'expects a string' } : { value: Buffer.from(text).toString('latin1') };
  }
  if (text === undefined) return { error: 'expects an integer' };
  const result = defaultValue < 0n ? parseSigned(text) : parseUnsigned(text);
  if ('value' in result) return result;
  return { error: result.error.startsWith('overflow') ? 'value is out of range' : result.error.replace(/: .*/s, '') };
}

/** Integers are 64 bits wide whatever their value, as the option's type must not depend on the command line. */
function valueNode(value: ScriptOption['defaultValue'], { defaultValue }: ScriptOption, span: Span): Expression {
  if (typeof value === 'boolean') return { kind: 'boolean', span, value };
  if (typeof value === 'string') return { kind: 'string', span, value };
  const name = typeof defaultValue === 'bigint' && defaultValue < 0n ? 'int64' : 'uint64';
  return { kind: 'cast', span, type: { kind: 'named-type', span, name }, value: { kind: 'integer', span, value } };
}
