/** The rows that the commands watch: of queries with their waits, of waits. */
import type { AnyWaitRow } from '../../api/index.ts';
import { type Choice, chooser } from '../choice.ts';
import { headerLines } from './header.ts';
import type { Observer } from './observer.ts';
import { QUERY_VIEW, queryHeader, type TopRow, topRows } from './query-view.ts';
import { isIdle, WAIT_VIEW, waitHeader } from './wait-view.ts';
import type { NextWindow, Watched } from './watch.ts';

/** A live row shows what happened in this time. */
const SLIDING_MS = 10_000;

export function watchedQueries(observer: Observer, choice: Choice = {}, note?: () => string): Watched<TopRow> {
  return {
    view: QUERY_VIEW,
    toJson: ({ query }) => query,
    windows: () => queryWindows(observer, choice),
    live: () => queryWindows(observer, choice, SLIDING_MS),
    header: (rows) =>
      headerLines(
        observer,
        queryHeader(rows),
        rows.map(({ query }) => query),
        note,
      ),
    refresh: () => observer.refresh(),
  };
}

function queryWindows(observer: Observer, choice: Choice, slidingMs?: number): NextWindow<readonly TopRow[]> {
  const next = observer.windows(slidingMs);
  const isChosen = chooser(choice);
  return () => topRows(next()).filter(({ query }) => isChosen(query));
}

/** For people without the waits of processes that have nothing to do. */
export function watchedWaits(observer: Observer, json: boolean, choice: Choice = {}): Watched<AnyWaitRow> {
  const isChosen = chooser(choice);
  return {
    view: WAIT_VIEW,
    toJson: (row) => row,
    windows: () => {
      const next = observer.windows();
      return () => next().waits.filter((row) => isChosen(row) && (json || !isIdle(row)));
    },
    header: (rows) => headerLines(observer, waitHeader(rows), rows),
    refresh: () => observer.refresh(),
  };
}
