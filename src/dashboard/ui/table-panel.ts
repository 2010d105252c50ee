/** A titled part that is one table: the title is its caption, too. */
import { type ComponentChild, h } from 'preact';
import { Panel, type PanelProps } from './panel.ts';
import { Table, type TableProps } from './table.ts';

type TablePanelProps<Row> = Omit<PanelProps, 'children'> & Omit<TableProps<Row>, 'caption'>;

export function TablePanel<Row>({ title, of, note, ...table }: TablePanelProps<Row>): ComponentChild {
  return h(Panel, { title, of, note, earlier: table.earlier }, h(Table<Row>, { ...table, caption: title }));
}
