/** The IR: types, builder, text form, validator. */
export { address, FunctionBuilder, imm } from './builder.ts';
export type * from './ir.ts';
export { Optimiser } from './optimise.ts';
export { printFunction, printProgram } from './print.ts';
export { validateProgram } from './validate.ts';
