/** Call frame information of ELF files: how to find the caller's registers from any instruction. */
export { type ExpressionScope, evaluate } from './expression.ts';
export { KIND_BITS, ROW, ROW_FLAG, Rows } from './rows.ts';
export { RULE, type Rules } from './rules.ts';
export { UnwindTable } from './table.ts';
