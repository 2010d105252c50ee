/**
 * Puts parameters in place of constants and drops comments, token by token. libpg_query's own normaliser leaves the
 * literals of many utility statements, and recursion over a thousand operators ends it.
 */

import type { Token } from './parser.ts';

/** src/backend/parser/gram.y's tokens by their number in libpg-query 18: FCONST, SCONST, USCONST, BCONST, XCONST, ICONST. */
const CONSTANTS = new Set([260, 261, 262, 263, 264, 266]);
const NUMBERS = new Set([260, 266]);
const PARAMETER = 267;
const COMMENTS = new Set([275, 276]);

/** Types whose modifiers are numbers in parentheses: part of the statement's shape and no one's data. */
const MODIFIED_TYPES = new Set(
  'varchar char character varying nchar numeric decimal dec bit float time timestamp interval'.split(' '),
);

export function normalize(text: string, tokens: readonly Token[]): string {
  const bytes = Buffer.from(text);
  let parameter = highestParameter(tokens);
  let inModifier = false;
  let normalized = '';
  let at = 0;
  tokens.forEach((token, index) => {
    normalized += bytes.toString('utf8', at, token.start);
    at = token.end;
    if (token.text === '(') inModifier = MODIFIED_TYPES.has(tokens[index - 1]?.text.toLowerCase() ?? '');
    else if (token.text === ')') inModifier = false;
    const keep = inModifier && NUMBERS.has(token.tokenType);
    if (CONSTANTS.has(token.tokenType) && !keep) normalized += `$${++parameter}`;
    else if (!COMMENTS.has(token.tokenType)) normalized += bytes.toString('utf8', token.start, token.end);
  });
  return (normalized + bytes.toString('utf8', at)).trim();
}

/** Constants are numbered on from the parameters that the text has already, as pg_stat_statements does. */
function highestParameter(tokens: readonly Token[]): number {
  const numbers = tokens.filter((token) => token.tokenType === PARAMETER).map((token) => Number(token.text.slice(1)));
  return numbers.reduce((highest, number) => Math.max(highest, number), 0);
}
