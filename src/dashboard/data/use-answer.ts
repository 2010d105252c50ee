/** An answer of the agent as a component sees it: kept while the next one is on its way, asked again while the range is live. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { comparedRange, type Place, rangeParams, secondsOf } from '../state/place.ts';
import { store } from '../state/store.ts';
import { ask, type Params, urlOf } from './api.ts';

export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
}

/** A live picture is asked for again when it would have another step (src/server/answers/grid.ts), and not more often than the agent reads. */
const STEPS = 150;
const READING_MS = 2000;
/** Averages over minutes change slowly, and what changes while it is read helps nobody: rows that change places, sentences. */
const CALM_MS = 5000;
const CALM_STEPS = 60;
const SENTENCES_MS = 10_000;

/** What does not change is asked for once. */
export interface AnswerOptions {
  readonly isLasting?: boolean;
  /** Not asked again sooner. */
  readonly leastMs?: number;
}

/** Nothing is asked while `path` is undefined. */
export function useAnswer<T>(path: string | undefined, params: Params = {}, options: AnswerOptions = {}): Answer<T> {
  const url = path === undefined ? undefined : urlOf(path, params);
  const [answer, setAnswer] = useState<Answer<T>>({ data: undefined, error: undefined });
  const flight = useRef<{ readonly url: string } | undefined>(undefined);
  const askedAt = useDue(url, options);
  const { connections } = store.state;
  useEffect(() => {
    if (url === undefined || flight.current?.url === url) return;
    const mine = { url };
    flight.current = mine;
    const settle = (next: Answer<T>): void => {
      if (flight.current !== mine) return;
      flight.current = undefined;
      setAnswer(next);
    };
    shared<T>(url, askedAt)
      .then((data) => settle({ data, error: undefined }))
      .catch((error: Error) => settle({ data: undefined, error: error.message }));
  }, [url, askedAt, connections]);
  useEffect(
    () => () => {
      flight.current = undefined;
    },
    [],
  );
  return answer;
}

/** Several parts of a page ask the same at the same moment: one request serves them all. */
const underWay = new Map<string, Promise<unknown>>();

function shared<T>(url: string, askedAt: number): Promise<T> {
  const key = `${askedAt} ${url}`;
  const known = underWay.get(key);
  if (known) return known as Promise<T>;
  const asked = ask<T>(url).finally(() => underWay.delete(key));
  underWay.set(key, asked);
  return asked;
}

/** The agent's moment at which the question was due last: it moves with the clock while the range is live. */
function useDue(url: string | undefined, { isLasting = false, leastMs = 0 }: AnswerOptions): number {
  const last = useRef({ url, at: 0 });
  const { place, status } = store.state;
  const at = place.range.kind === 'last' && status && !isLasting ? Date.parse(status.at) : 0;
  const everyMs = Math.max(stepMsOf(place), leastMs);
  if (url !== last.current.url || at - last.current.at >= everyMs - 100) last.current = { url, at };
  return last.current.at;
}

const stepMsOf = ({ range }: Place): number => Math.max(READING_MS, (secondsOf(range) * 1000) / STEPS);

/** For what is of this moment. */
export const AT_EVERY_READING: AnswerOptions = {};

/** For findings. */
export const SELDOM: AnswerOptions = { leastMs: SENTENCES_MS };

/** For figures of the whole window. */
export const calmly = ({ range }: Place): AnswerOptions => ({
  leastMs: Math.min(CALM_MS, (secondsOf(range) * 1000) / CALM_STEPS),
});

/** For pictures with fewer steps than others. */
export const everyStepOf = ({ range }: Place, steps: number): AnswerOptions => ({
  leastMs: (secondsOf(range) * 1000) / steps,
});

/** What every question has in common: the range and the facets. */
export const placeParams = ({ range, facets }: Place): Params => ({
  ...Object.fromEntries(rangeParams(range)),
  ...facets,
});

/** The same for the earlier window, where the reader compares; it moves on by whole steps, as pictures do. */
export function earlierParams(place: Place): Params | undefined {
  const { status } = store.state;
  if (!status) return undefined;
  const at = Date.parse(status.at);
  const range = comparedRange(place, at - (at % stepMsOf(place)));
  return range && { ...Object.fromEntries(rangeParams(range)), ...place.facets };
}
