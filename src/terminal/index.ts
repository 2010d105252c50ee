/** Terminal output: tables for everyone, a live table for terminals. */
export {
  bytesColumn,
  type Column,
  countColumn,
  rateColumn,
  shareColumn,
  sortRows,
  textColumn,
  timeColumn,
} from './column.ts';
export { type LiveOptions, runLive } from './live.ts';
export { knownColumns, outputColumns } from './room.ts';
export { noPaint, type Paint, type Style, sgrPaint } from './style.ts';
export { layoutTable, type TableOptions } from './table.ts';
export { sanitize, truncate, width } from './text.ts';
export type { Frame, ViewSpec } from './view.ts';
