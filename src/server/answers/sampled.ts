/** Rows of statements and waits from samples, for pages of a tier without eBPF: what samples cannot tell is null. */
import type { SampledFeed } from '../../agent/index.ts';
import type { RowsAnswer, Window } from '../../api/index.ts';
import type { Question } from '../question.ts';
import { matching, type RowSources } from './rows.ts';

export const sampledSources = (feed: SampledFeed): RowSources => ({
  queries: async (question) => answer(feed.queries(question.range), question),
  waits: async (question) => answer(feed.waits(question.range), question),
});

const TOO_EARLY = 'The first samples are on their way.';

function answer<Row extends Window>(rows: readonly Row[] | undefined, { facets }: Question): RowsAnswer<Row> {
  const [first] = rows ?? [];
  if (!rows || !first) return { missing: TOO_EARLY };
  const { window_start, window_us, dropped } = first;
  return {
    missing: null,
    window: { window_start, window_us, coverage: 'sampled', dropped },
    rows: matching(rows, facets),
  };
}
