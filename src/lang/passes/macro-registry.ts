/** The macros of a program by name, and which of several with one name a call means. */
import type { Diagnostics } from '../diagnostics/index.ts';
import type { Expression, Macro, Program } from '../syntax/index.ts';

/** More than any number of arguments of the wrong kind. */
const WRONG_COUNT = 1024;

export class MacroRegistry {
  readonly #macros = new Map<string, Macro[]>();

  /** What cannot be registered is reported and left out. */
  constructor(program: Program, diagnostics: Diagnostics) {
    for (const macro of program.macros) {
      const known = this.find(macro.name, macro.parameters, macro.standard ?? false);
      if (known) {
        diagnostics.error(macro.span, `Redefinition of macro: ${macro.name}`, {
          related: [{ span: known.span, message: 'This is the original definition.' }],
        });
      } else if (checkParameters(macro, diagnostics)) {
        const overloads = this.#macros.get(macro.name);
        if (overloads) overloads.push(macro);
        else this.#macros.set(macro.name, [macro]);
      }
    }
  }

  /** The macro that fits exactly; the script's own before the standard library's. With `standard`, only those so marked. */
  find(name: string, given: readonly Expression[], standard?: boolean): Macro | undefined {
    const fitting = this.#candidates(name, standard).filter((macro) => distance(macro, given) === 0);
    return fitting.find((macro) => !macro.standard) ?? fitting[0];
  }

  /** The macro that fits best though not exactly. */
  nearest(name: string, given: readonly Expression[], standard?: boolean): Macro | undefined {
    let best: Macro | undefined;
    for (const macro of this.#candidates(name, standard)) {
      if (!best || distance(macro, given) < distance(best, given)) best = macro;
    }
    return best;
  }

  #candidates(name: string, standard: boolean | undefined): readonly Macro[] {
    const all = this.#macros.get(name) ?? [];
    return standard === undefined ? all : all.filter((macro) => (macro.standard ?? false) === standard);
  }
}

/** 0: fits. A parameter that is an identifier takes any expression. */
function distance(macro: Macro, given: readonly Expression[]): number {
  let wrong = WRONG_COUNT * Math.abs(macro.parameters.length - given.length);
  for (const [i, parameter] of macro.parameters.entries()) {
    const argument = given[i];
    if (argument && parameter.kind !== 'identifier' && parameter.kind !== argument.kind) wrong++;
  }
  return wrong;
}

const PARAMETER_WORD = { variable: 'Variable', map: 'Map', identifier: 'Ident' } as const;

function checkParameters(macro: Macro, diagnostics: Diagnostics): boolean {
  const seen = new Set<string>();
  for (const { kind, name, span } of macro.parameters) {
    if (seen.has(name)) {
      diagnostics.error(span, `${PARAMETER_WORD[kind]} for macro argument has already been used: ${name}`);
      return false;
    }
    seen.add(name);
  }
  return true;
}
