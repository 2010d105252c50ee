/** The always-on part: what is watched, kept up to date for those who look at it. */
export { History, type PastFilter } from './history.ts';
export { Intervals } from './interval.ts';
export { LiveFeed, type LiveOptions } from './live.ts';
