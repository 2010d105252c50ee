/** A probe's predicate and body as one block, for what puts them into another body. */
import type { Block, Expression, Probe } from '../syntax/index.ts';

/** The body, where its predicate holds. */
export function guardedBody({ predicate, body, span }: Probe): Block {
  return predicate ? ifBlock(span, predicate.condition, body) : body;
}

/** A block of one `if`. */
export function ifBlock(span: Probe['span'], condition: Expression, then: Block, otherwise?: Block): Block {
  const expression: Expression = {
    kind: 'if',
    form: 'if',
    span,
    condition,
    then,
    ...(otherwise && { else: otherwise }),
  };
  return { kind: 'block', span, statements: [{ kind: 'expression-statement', span, expression }] };
}
