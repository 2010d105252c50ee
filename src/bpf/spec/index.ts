/** The seam: everything left of it is pure, everything right of it is the kernel. */
export type { CollectionSpec } from './collection.ts';
export type { IterTarget, LinkKind, LinkSpec, UserLocation } from './link.ts';
export type { MapSpec } from './map.ts';
export { MAP_TYPES, type MapType, mapTypeOf } from './map-types.ts';
export type { FunctionSpec, ProgramKind, ProgramSpec } from './program.ts';
