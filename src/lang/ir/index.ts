/** The IR: its types and the builder. */
export { address, FunctionBuilder, imm } from './builder.ts';
export type * from './ir.ts';
