/** Rows of a kind for the range and the facets of the page, and for the earlier window where the reader compares. */
import type { RowKind, RowsAnswer, RowsByKind, Window } from '../../api/index.ts';
import { store } from '../state/store.ts';
import type { Params } from './api.ts';
import { type Answer, earlierParams, placeParams, useAnswer } from './use-answer.ts';

export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly window: Window | undefined;
  /** Why there are none: not collected, or the question failed. */
  readonly missing: string | undefined;
  readonly isLoading: boolean;
}

export function useRows<K extends RowKind>(kind: K, params: Params = {}): Rows<RowsByKind[K]> {
  return asRows(
    useAnswer<RowsAnswer<RowsByKind[K]>>(`/api/rows/${kind}`, { ...placeParams(store.state.place), ...params }),
  );
}

/** Nothing while nobody compares. */
export function useEarlierRows<K extends RowKind>(kind: K, params: Params = {}): Rows<RowsByKind[K]> | undefined {
  const earlier = earlierParams(store.state.place);
  const answer = useAnswer<RowsAnswer<RowsByKind[K]>>(earlier && `/api/rows/${kind}`, { ...earlier, ...params });
  return earlier && asRows(answer);
}

function asRows<Row>({ data, error }: Answer<RowsAnswer<Row>>): Rows<Row> {
  if (error !== undefined) return { rows: [], window: undefined, missing: error, isLoading: false };
  if (!data) return { rows: [], window: undefined, missing: undefined, isLoading: true };
  if (data.missing !== null) return { rows: [], window: undefined, missing: data.missing, isLoading: false };
  return { rows: data.rows, window: data.window, missing: undefined, isLoading: false };
}
