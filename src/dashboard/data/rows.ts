/** Rows of a kind for the range and the facets of the page, and for the earlier window where the reader compares. */
import type { RowKind, RowsAnswer, RowsByKind, Window } from '../../api/index.ts';
import { store } from '../state/store.ts';
import type { Params } from './api.ts';
import { type Answer, type AnswerOptions, calmly, earlierParams, placeParams, useAnswer } from './use-answer.ts';

export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly window: Window | undefined;
  /** Why there are none: not collected, or the question failed. */
  readonly missing: string | undefined;
  readonly isLoading: boolean;
  /** How many there are, where only the largest were asked for. */
  readonly total?: number | undefined;
}

/** What a table compares with. */
export type Earlier<Row> = Pick<Rows<Row>, 'rows'> & Partial<Omit<Rows<Row>, 'rows'>>;

/** Of each statement, in characters: enough to find it by; `/api/text` has the whole. */
export const TEXT_LENGTH = 4000;
const TEXTS: Params = { texts: String(TEXT_LENGTH) };

/** Nothing is asked while `kind` is undefined. */
export function useRows<K extends RowKind>(
  kind: K | undefined,
  params: Params = {},
  options: AnswerOptions = calmly(store.state.place),
): Rows<RowsByKind[K]> {
  const path = kind && `/api/rows/${kind}`;
  const question = { ...placeParams(store.state.place), ...TEXTS, ...params };
  return asRows(useAnswer<RowsAnswer<RowsByKind[K]>>(path, question, options));
}

/** Nothing while nobody compares. */
export function useEarlierRows<K extends RowKind>(kind: K, params: Params = {}): Rows<RowsByKind[K]> | undefined {
  const earlier = earlierParams(store.state.place);
  const question = { ...earlier, ...TEXTS, ...params };
  const options = calmly(store.state.place);
  const answer = useAnswer<RowsAnswer<RowsByKind[K]>>(earlier && `/api/rows/${kind}`, question, options);
  return earlier && asRows(answer);
}

/** What a view makes of the rows of the earlier window. */
export const earlierOf = <From, To>(
  earlier: Earlier<From> | undefined,
  make: (rows: readonly From[]) => readonly To[],
): Earlier<To> | undefined => earlier && { ...earlier, rows: make(earlier.rows) };

/** The same each time, so that what is made of it is. */
const NONE: readonly never[] = [];

function asRows<Row>({ data, error }: Answer<RowsAnswer<Row>>): Rows<Row> {
  if (error !== undefined) return { rows: NONE, window: undefined, missing: error, isLoading: false };
  if (!data) return { rows: NONE, window: undefined, missing: undefined, isLoading: true };
  if (data.missing !== null) return { rows: NONE, window: undefined, missing: data.missing, isLoading: false };
  return { rows: data.rows, window: data.window, missing: undefined, isLoading: false, total: data.total };
}
