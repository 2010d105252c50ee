/** The whole text of a statement, in colours, and the way to the clipboard. */
import { type ComponentChild, h } from 'preact';
import type { TextAnswer } from '../../api/index.ts';
import { useAnswer } from '../data/use-answer.ts';
import { copyText } from './copy.ts';
import { Panel } from './panel.ts';
import { Sql } from './sql.ts';

export function FullText({ fingerprint }: { readonly fingerprint: string }): ComponentChild {
  const { data, error } = useAnswer<TextAnswer>('/api/text', { fingerprint }, { isLasting: true });
  return h(Panel, { title: 'Full text' }, contentOf(data, error));
}

function contentOf(data: TextAnswer | undefined, error: string | undefined): ComponentChild {
  if (error !== undefined) return h('p', { class: 'alarm' }, error);
  if (!data) return h('p', { class: 'quiet' }, 'asking …');
  const { query } = data;
  if (query === null) return h('p', { class: 'quiet' }, 'The text was not seen.');
  return [
    h('div', { class: 'tools' }, h('button', { type: 'button', onClick: () => copyText(query) }, 'copy')),
    h(Sql, { sql: query, truncated: data.query_truncated }),
  ];
}
