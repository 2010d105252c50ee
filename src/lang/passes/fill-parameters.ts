/** Puts the command line's arguments where a script asks for them: `$1`, `$#`, getopt(), and `$1` in attach points. */
import type { Diagnostics, Span } from '../diagnostics/index.ts';
import {
  type AttachPoint,
  type Call,
  type Expression,
  mapChildren,
  type Node,
  type Probe,
  type Program,
  parseSigned,
  parseUnsigned,
  splitAttachPoint,
} from '../syntax/index.ts';
import { checkOptionNames, fillOption, type OptionValues, type ScriptOption } from './script-options.ts';

export interface Parameters {
  /** `$1` is the first. */
  readonly positional: readonly string[];
  /** What follows `--name=`; undefined for a bare `--name`. */
  readonly named: OptionValues;
}

export interface FilledProgram {
  readonly program: Program;
  /** What the script's getopt() calls accept, in the order of the text. */
  readonly options: readonly ScriptOption[];
}

export function fillParameters(program: Program, parameters: Parameters, diagnostics: Diagnostics): FilledProgram {
  const filler = new ParameterFiller(parameters, diagnostics);
  const filled: Program = {
    ...program,
    functions: program.functions.map((one) => filler.fill(one)),
    probes: program.probes.map((one) => filler.fill(filler.attachPoints(one))),
  };
  const options = [...filler.options.values()];
  checkOptionNames(options, parameters.named, diagnostics);
  return { program: filled, options };
}

class ParameterFiller {
  readonly options = new Map<string, ScriptOption>();
  readonly #parameters: Parameters;
  readonly #diagnostics: Diagnostics;

  constructor(parameters: Parameters, diagnostics: Diagnostics) {
    this.#parameters = parameters;
    this.#diagnostics = diagnostics;
  }

  fill<N extends Node>(node: N): N;
  fill(node: Node): Node {
    switch (node.kind) {
      case 'positional-count':
        return { kind: 'integer', span: node.span, value: BigInt(this.#parameters.positional.length) };
      case 'positional-parameter':
        return this.#literal(node.index, node.span);
      case 'call':
        return this.#call(node);
      default:
        return mapChildren(node, (child) => this.fill(child));
    }
  }

  #value(index: number): string {
    return this.#parameters.positional[index - 1] ?? '';
  }

  /** An integer if it reads as one, else a string; 0 if it was not given. */
  #literal(index: number, span: Span): Expression {
    const text = this.#value(index);
    if (text === '') {
      this.#diagnostics.warning(span, `Positional parameter $${index} is empty or not provided. `);
      return { kind: 'integer', span, value: 0n };
    }
    const result = text.startsWith('-') ? parseSigned(text) : parseUnsigned(text);
    return 'value' in result ? { kind: 'integer', span, value: result.value } : this.#string(index, span);
  }

  #string(index: number, span: Span): Expression {
    return { kind: 'string', span, value: Buffer.from(this.#value(index)).toString('latin1') };
  }

  #call(node: Call): Expression {
    if (node.name === 'getopt') return fillOption(node, this.#parameters.named, this.options, this.#diagnostics);
    const [first, ...rest] = node.arguments;
    if (node.name !== 'str' || !first) return mapChildren(node, (child) => this.fill(child));
    return { ...node, arguments: [this.#text(first), ...rest.map((one) => this.fill(one))] };
  }

  /** Inside str() a parameter is text, also at the left of an offset: `str($1 + 2)`. */
  #text(node: Expression): Expression {
    if (node.kind === 'positional-parameter') return this.#string(node.index, node.span);
    if (node.kind !== 'binary' || node.operator !== '+' || node.left.kind !== 'positional-parameter') {
      return this.fill(node);
    }
    return { ...node, left: this.#string(node.left.index, node.left.span), right: this.fill(node.right) };
  }

  // Attach points

  /** Attach points without a provider, as a comma too many leaves them, are dropped. */
  attachPoints(probe: Probe): Probe {
    const filled = probe.attachPoints.map((one) => this.#attachPoint(one)).filter((one) => one !== undefined);
    const attachPoints = filled.filter(({ parts }) => parts[0] !== '');
    if (attachPoints.length === 0) this.#diagnostics.error(probe.span, 'No attach points for probe');
    return { ...probe, attachPoints };
  }

  #attachPoint(node: AttachPoint): AttachPoint | undefined {
    if (!node.raw.includes('$')) return node;
    const written = node.name === undefined ? node.raw : `${node.name}=${node.raw}`;
    const result = this.#replaceParameters(written);
    if ('error' in result) {
      this.#diagnostics.error(node.span, result.error);
      return undefined;
    }
    return { kind: 'attach-point', span: node.span, ...splitAttachPoint(result.text) };
  }

  /** Quoted text stays; what a parameter brings in is read on as if it had been written there. */
  #replaceParameters(text: string): { readonly text: string } | { readonly error: string } {
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
      const char = text[i]!;
      if (char === '"') quoted = !quoted;
      else if (quoted && char === '\\') i++;
      else if (!quoted && char === '$') {
        const digits = /^(?:[1-9][0-9]*)?/.exec(text.slice(i + 1))![0];
        const error = parameterError(digits, text[i + 1]);
        if (error) return { error };
        text = text.slice(0, i) + this.#value(Number(digits)) + text.slice(i + 1 + digits.length);
        i--;
      }
    }
    return { text };
  }
}

function parameterError(digits: string, next: string | undefined): string | undefined {
  if (digits === '' && next !== undefined) {
    return (
      `invalid trailing character for positional param: ${next}. ` +
      `Try quoting this entire part if this is intentional e.g. "$${next}".`
    );
  }
  const result = parseUnsigned(digits, 10);
  return 'error' in result ? `positional parameter is not valid: ${result.error}` : undefined;
}
