/** Checks that jumps stand where they can go somewhere, and warns of what can never run. */
import type { Diagnostics } from '../diagnostics/index.ts';
import {
  type Block,
  type Break,
  type Continue,
  children,
  type Node,
  type Program,
  print,
  type Return,
  type Subprogram,
} from '../syntax/index.ts';

type Jump = (Break | Continue | Return)['kind'];

/** Where a jump is not allowed, as messages call it. */
interface Place {
  readonly name: 'probe' | 'function' | 'macro' | 'for-loop' | 'while-loop';
  readonly forbidden: ReadonlySet<Jump>;
}

const PROBE: Place = { name: 'probe', forbidden: new Set(['break', 'continue']) };
const FUNCTION: Place = { name: 'function', forbidden: new Set(['break', 'continue']) };
const MACRO: Place = { name: 'macro', forbidden: new Set(['break', 'continue', 'return']) };

export function checkControlFlow(program: Program, diagnostics: Diagnostics): void {
  for (const macro of program.macros) checkJumps(macro.body, MACRO, diagnostics);
  for (const subprogram of program.functions) {
    const ends = checkUnit(subprogram.body, FUNCTION, diagnostics);
    if (!ends && givesValue(subprogram)) {
      const message = `Function ${subprogram.name} is of type ${print(subprogram.returns)}, cannot return void`;
      diagnostics.error(subprogram.span, message, { hints: ['return a value at the end of each way through it'] });
    }
  }
  for (const { body } of program.probes) checkUnit(body, PROBE, diagnostics);
}

/** Whether control never reaches the end of the body. */
function checkUnit(body: Block, place: Place, diagnostics: Diagnostics): boolean {
  checkJumps(body, place, diagnostics);
  return new ReachChecker(diagnostics).check(body);
}

const givesValue = ({ returns, body }: Subprogram): boolean =>
  !(returns.kind === 'named-type' && returns.name === 'void') && body.value === undefined;

// Jumps

function checkJumps(node: Node, place: Place, diagnostics: Diagnostics): void {
  if (isJump(node) && place.forbidden.has(node.kind)) {
    diagnostics.error(node.span, `'${node.kind}' statement is not allowed in a ${place.name}`);
  }
  const inner = insideLoop(node, place);
  for (const child of children(node)) checkJumps(child, inner, diagnostics);
}

/** Loops take break and continue; a return goes through them, unless they are in a macro. */
function insideLoop(node: Node, place: Place): Place {
  if (node.kind !== 'for' && node.kind !== 'while') return place;
  const forbidden: ReadonlySet<Jump> = place.forbidden.has('return') ? new Set(['return']) : new Set();
  return { name: `${node.kind}-loop`, forbidden };
}

function isJump(node: Node): node is Break | Continue | Return {
  return node.kind === 'break' || node.kind === 'continue' || node.kind === 'return';
}

// Reachability

class ReachChecker {
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  check(body: Block): boolean {
    return this.#ends(body);
  }

  /** Whether control never goes on after the node. Warns on the way, once for each stretch of dead code. */
  #ends(node: Node): boolean {
    switch (node.kind) {
      case 'break':
      case 'continue':
      case 'return':
        return true;
      case 'call':
        return this.#any(node) || node.name === 'exit';
      case 'if':
        return this.#endsIf(node);
      case 'block':
        return this.#endsBlock(node);
      case 'for':
        this.#ends(node.body);
        return this.#ends(node.over);
      case 'while':
        return this.#endsWhile(node);
      default:
        return this.#any(node);
    }
  }

  /** Every part is looked at, whatever the ones before say. */
  #any(node: Node): boolean {
    return children(node).filter((child) => this.#ends(child)).length > 0;
  }

  #endsIf(node: Extract<Node, { kind: 'if' }>): boolean {
    const condition = this.#ends(node.condition);
    const then = node.then === node.condition ? condition : this.#ends(node.then);
    const otherwise = node.else ? this.#ends(node.else) : false;
    return condition || (then && otherwise);
  }

  #endsBlock({ statements, value }: Block): boolean {
    let ended = false;
    for (const statement of statements) {
      if (ended) {
        this.#diagnostics.warning(statement.span, 'Unreachable statement.');
        return true;
      }
      ended = this.#ends(statement);
    }
    if (!value) return ended;
    if (!ended) return this.#ends(value);
    this.#diagnostics.warning(value.span, 'Unreachable expression; block type is implicitly none.');
    return true;
  }

  /** A loop may not run at all; only its condition can end what is around it. */
  #endsWhile(node: Extract<Node, { kind: 'while' }>): boolean {
    this.#ends(node.body);
    return this.#ends(node.condition);
  }
}
