/** The kinds of BTF types: their numbers and how many words each occupies (linux/btf.h). */

/** `fixed` words follow the three of every type, and `each` words for every one of its `vlen` parts. */
const KINDS = [
  { kind: 'void', fixed: 0, each: 0 },
  { kind: 'int', fixed: 1, each: 0 },
  { kind: 'ptr', fixed: 0, each: 0 },
  { kind: 'array', fixed: 3, each: 0 },
  { kind: 'struct', fixed: 0, each: 3 },
  { kind: 'union', fixed: 0, each: 3 },
  { kind: 'enum', fixed: 0, each: 2 },
  { kind: 'fwd', fixed: 0, each: 0 },
  { kind: 'typedef', fixed: 0, each: 0 },
  { kind: 'volatile', fixed: 0, each: 0 },
  { kind: 'const', fixed: 0, each: 0 },
  { kind: 'restrict', fixed: 0, each: 0 },
  { kind: 'func', fixed: 0, each: 0 },
  { kind: 'func_proto', fixed: 0, each: 2 },
  { kind: 'var', fixed: 1, each: 0 },
  { kind: 'datasec', fixed: 0, each: 3 },
  { kind: 'float', fixed: 0, each: 0 },
  { kind: 'decl_tag', fixed: 1, each: 0 },
  { kind: 'type_tag', fixed: 0, each: 0 },
  { kind: 'enum64', fixed: 0, each: 3 },
] as const;

export type BtfKind = (typeof KINDS)[number]['kind'];

/** Kind names by number. */
export const KIND_NAMES: readonly BtfKind[] = KINDS.map((row) => row.kind);
export const KIND_NUMBERS = Object.fromEntries(KINDS.map((row, i) => [row.kind, i])) as Record<BtfKind, number>;
export const FIXED_WORDS = Uint8Array.from(KINDS, (row) => row.fixed);
export const EACH_WORDS = Uint8Array.from(KINDS, (row) => row.each);

/** Linkage of functions and variables, by number. */
export const LINKAGES = ['static', 'global', 'extern'] as const;
export type Linkage = (typeof LINKAGES)[number];
