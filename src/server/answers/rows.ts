/** Rows of every kind, as `--json` prints them, for a range and facets; or why there are none. */
import { History } from '../../agent/index.ts';
import type { HistoryRows, QueryRow, RowKind, RowsAnswer, RowsByKind, WaitRow, Window } from '../../api/index.ts';
import type { Store } from '../../store/index.ts';
import { filterOf, type Question } from '../question.ts';
import { mixAnswer } from './mix.ts';

type Source<K extends RowKind> = (question: Question) => Promise<RowsAnswer<RowsByKind[K]>>;

/** A kind that is not here is not collected by this agent; `reasons` may say why. */
export type RowSources = { readonly [K in RowKind]?: Source<K> };

export const WHY_MISSING: Readonly<Record<RowKind, string>> = {
  queries: 'No attribution runs.',
  waits: 'No attribution runs.',
  io: 'This agent does not watch block devices.',
  commits: 'This agent does not follow commits.',
  profile: 'This agent takes no stack samples.',
  executions: 'This agent keeps no single executions.',
  findings: 'This agent judges nothing.',
};

export async function rowsAnswer(
  kind: RowKind,
  store: Store,
  sources: RowSources,
  question: Question,
): Promise<RowsAnswer<RowsByKind[RowKind]>> {
  const source = sources[kind];
  if (source) return source(question);
  if (kind === 'queries') return queriesAnswer(store, question);
  if (kind === 'waits') return waitsAnswer(store, question);
  return { missing: WHY_MISSING[kind] };
}

/** With a wait as facet: the queries that waited so. */
async function queriesAnswer(store: Store, question: Question): Promise<RowsAnswer<QueryRow>> {
  const { range, facets } = question;
  const where = filterOf(facets, ['host', 'cluster', 'database', 'user', 'fingerprint']);
  const found = await new History(store).queries(range, where);
  if (facets.wait_event_type === undefined && facets.wait_event === undefined) return answer(found);
  const { mix } = await mixAnswer(store, question);
  const isWanted = ({ fingerprint }: QueryRow): boolean => Object.values(mix[fingerprint] ?? {}).some((us) => us > 0);
  return answer({ ...found, rows: found.rows.filter(isWanted) });
}

async function waitsAnswer(store: Store, { range, facets }: Question): Promise<RowsAnswer<WaitRow>> {
  return answer(await new History(store).waits(range, filterOf(facets, [...WAIT_FACETS])));
}

const WAIT_FACETS = [
  'host',
  'cluster',
  'database',
  'user',
  'fingerprint',
  'backend_type',
  'wait_event_type',
  'wait_event',
] as const;

function answer<Row extends Window>({ from, to, rows }: HistoryRows<Row>): RowsAnswer<Row> {
  const order = ['exact', 'partial', 'sampled'] as const;
  const coverage = order[Math.max(0, ...rows.map((row) => order.indexOf(row.coverage)))]!;
  const dropped = Math.max(0, ...rows.map((row) => row.dropped));
  const window_us = Math.max((Date.parse(to) - Date.parse(from)) * 1000, ...rows.map((row) => row.window_us));
  return { missing: null, window: { window_start: from, window_us, coverage, dropped }, rows };
}
