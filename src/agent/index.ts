/** The always-on part: what is watched, kept up to date for those who look at it. */
export { Agent, historyOf } from './agent.ts';
export {
  type Configuration,
  compare,
  DEFAULT_FILE,
  type Given,
  loadConfiguration,
  SETTINGS,
} from './configuration/index.ts';
export { Profile } from './documents.ts';
export { endOf } from './execution-history.ts';
export { type Feed, StoreFeed } from './feed.ts';
export { GIVING_UP, Governor, type GovernorOptions } from './governor.ts';
export { History, type PastFilter } from './history.ts';
export { Intervals } from './interval.ts';
export { LiveFeed, type LiveOptions } from './live.ts';
export { lockWindowsOf, sumLocks } from './lock-history.ts';
export { MetricsServer } from './metrics/server.ts';
export { notify, watchdogMs } from './notify.ts';
export { type AgentPlan, planAgent } from './plan.ts';
export { hasOnlyNeeded, restartWithNeeded } from './privileges.ts';
export { type ProfileKind, Profiler, type Taken } from './profiler.ts';
export { busyOf, busyUs, type ReportRequest, report } from './report.ts';
export { SampledFeed } from './sampled-feed.ts';
export { startShown, type Watched } from './watch.ts';
