/** What PostgreSQL says of itself: its catalogs and statistics views, asked over ordinary connections with few rights. */
export { Catalog, type CatalogOptions } from './catalog.ts';
export { changesBetween } from './changes.ts';
export type { Plan } from './questions/explain.ts';
export type { RelationName } from './questions/names.ts';
