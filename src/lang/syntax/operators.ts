/** The binary operators, how tight they bind, and how one is told from what only starts like it. */
import type { BinaryOperator } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** Longest first where one starts another. */
const PRECEDENCE: readonly (readonly [BinaryOperator, number])[] = [
  ['||', 1],
  ['&&', 2],
  ['==', 6],
  ['!=', 6],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['<', 7],
  ['>', 7],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
];
const OPERATOR_START = /[|&=!<>^+\-*/%]/;
/** What starts like an operator but is none: compound assignments, ++ and --. */
const NOT_AN_OPERATOR = /(?:<<|>>|[-+*/%&|^])=|\+\+|--/y;

/** 1 (||) to 10 (*): the higher, the tighter. */
export function precedenceOf(operator: BinaryOperator): number {
  return PRECEDENCE.find(([candidate]) => candidate === operator)![1];
}

export function peekOperator(cursor: Cursor): readonly [BinaryOperator, number] | undefined {
  if (!OPERATOR_START.test(cursor.peek())) return undefined;
  NOT_AN_OPERATOR.lastIndex = cursor.pos;
  if (NOT_AN_OPERATOR.test(cursor.text)) return undefined;
  const found = PRECEDENCE.find(([operator]) => cursor.startsWith(operator));
  // A slash before the probe's body closes the predicate.
  if (found?.[0] === '/' && cursor.text[cursor.layoutEnd(cursor.pos + 1)] === '{') return undefined;
  return found;
}
