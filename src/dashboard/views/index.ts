/** The views: one folder and one row each. */
import type { ComponentType } from 'preact';

export type ViewBody = ComponentType;

export interface View {
  /** In the address. */
  readonly id: string;
  readonly title: string;
  /** What it answers. */
  readonly question: string;
  /** After `g`. */
  readonly key: string;
  readonly load: () => Promise<ViewBody>;
}

export const VIEWS: readonly View[] = [
  {
    id: 'load',
    title: 'Database load',
    question: 'What are the sessions doing, and is it more than the CPUs can do?',
    key: 'l',
    load: () => import('./load/view.ts').then(({ LoadView }) => LoadView),
  },
  {
    id: 'queries',
    title: 'Top SQL',
    question: 'Which statements take the time, and what is it spent on?',
    key: 'q',
    load: () => import('./queries/view.ts').then(({ QueriesView }) => QueriesView),
  },
  {
    id: 'query',
    title: 'One query',
    question: 'How long does it take, what does it wait for, who blocks it?',
    key: 'o',
    load: () => import('./query/view.ts').then(({ QueryView }) => QueryView),
  },
  {
    id: 'latency',
    title: 'Latency heatmap',
    question: 'Are all requests slow, or some?',
    key: 'h',
    load: () => import('./latency/view.ts').then(({ LatencyView }) => LatencyView),
  },
  {
    id: 'executions',
    title: 'Slow executions',
    question: 'What did one slow execution do, step by step?',
    key: 'e',
    load: () => import('./executions/view.ts').then(({ ExecutionsView }) => ExecutionsView),
  },
  {
    id: 'locks',
    title: 'Locks',
    question: 'Who waits for whom, and who is at the root?',
    key: 'b',
    load: () => import('./locks/view.ts').then(({ LocksView }) => LocksView),
  },
  {
    id: 'waits',
    title: 'Waits',
    question: 'What is waited for, how often and how long?',
    key: 'w',
    load: () => import('./waits/view.ts').then(({ WaitsView }) => WaitsView),
  },
  {
    id: 'flames',
    title: 'Flame graphs',
    question: 'Which code uses the CPU, and where does it wait?',
    key: 'f',
    load: () => import('./flames/view.ts').then(({ FlamesView }) => FlamesView),
  },
  {
    id: 'io',
    title: 'I/O',
    question: 'Which queries and files go to the disk, how fast is it, and what did the page cache save?',
    key: 'i',
    load: () => import('./io/view.ts').then(({ IoView }) => IoView),
  },
  {
    id: 'wal',
    title: 'WAL and commits',
    question: 'How long do commits take to become durable, and who writes the log?',
    key: 'c',
    load: () => import('./wal/view.ts').then(({ WalView }) => WalView),
  },
  {
    id: 'background',
    title: 'Background',
    question: 'What do autovacuum, the checkpointer and the writers do?',
    key: 'v',
    load: () => import('./background/view.ts').then(({ BackgroundView }) => BackgroundView),
  },
  {
    id: 'sessions',
    title: 'Sessions',
    question: 'Who is connected, and what do they do now?',
    key: 's',
    load: () => import('./sessions/view.ts').then(({ SessionsView }) => SessionsView),
  },
  {
    id: 'internals',
    title: 'Internal locks',
    question: 'Which lightweight locks and buffers are fought over?',
    key: 'k',
    load: () => import('./internals/view.ts').then(({ InternalsView }) => InternalsView),
  },
  {
    id: 'upkeep',
    title: 'Upkeep',
    question: 'What was changed, who holds back vacuum, which tables are behind?',
    key: 'u',
    load: () => import('./upkeep/view.ts').then(({ UpkeepView }) => UpkeepView),
  },
  {
    id: 'fleet',
    title: 'Fleet',
    question: 'Which host or cluster is in trouble?',
    key: 'a',
    load: () => import('./fleet/view.ts').then(({ FleetView }) => FleetView),
  },
  {
    id: 'console',
    title: 'Tracing console',
    question: 'What does a script of your own see?',
    key: 'x',
    load: () => import('./console/view.ts').then(({ ConsoleView }) => ConsoleView),
  },
  {
    id: 'agent',
    title: 'What watching costs',
    question: 'What does Pebble itself use, and what did it miss?',
    key: 'p',
    load: () => import('./agent/view.ts').then(({ AgentView }) => AgentView),
  },
];
