/** Tools that are views on what the attribution engine counts already: a command under the name that people look for. */
import type { Topic } from './topics.ts';

export interface View {
  readonly name: string;
  readonly question: string;
  /** What it is listed under. */
  readonly topic: Topic;
  readonly hooks: readonly string[];
  /** What one event costs, measured by scripts/generate/tool-pages.ts, which writes it here. */
  readonly cost: string;
  readonly notes: readonly string[];
  /** The command that answers. */
  readonly command: readonly [string, ...string[]];
}

const ATTRIBUTION = ['tp_btf:sched_switch', 'tp_btf:sock_recv_length', 'tp_btf:sock_send_length'];

export const VIEWS: readonly View[] = [
  {
    name: 'pgtop',
    question: 'What does PostgreSQL do right now, by query?',
    topic: 'PostgreSQL: statements',
    hooks: ATTRIBUTION,
    cost: '195 ns an event in its programs',
    notes: [],
    command: ['top'],
  },
  {
    name: 'pglat',
    question: 'How long do the requests of each query take?',
    topic: 'PostgreSQL: statements',
    hooks: ATTRIBUTION,
    cost: '575 ns an event in its programs',
    notes: ['latencies are of requests, from the first byte to the answer; p50 to p99 are of buckets 12 % wide'],
    command: ['queries'],
  },
  {
    name: 'pgwaits',
    question: 'What does each query wait for, how often and how long?',
    topic: 'PostgreSQL: waits and locks',
    hooks: ATTRIBUTION,
    cost: '310 ns an event in its programs',
    notes: ['a wait is one sleep: one that a timer or signal cuts in two counts twice'],
    command: ['waits'],
  },
  {
    name: 'pglocks',
    question: 'Who waits for which lock, and who holds it?',
    topic: 'PostgreSQL: waits and locks',
    hooks: ATTRIBUTION,
    cost: '430 ns an event in its programs',
    notes: ['the blocker is who held the lock, or stood ahead in its queue, when the wait began'],
    command: ['locks'],
  },
  {
    name: 'pgio',
    question: 'Which queries read and write which devices, and what came from the page cache?',
    topic: 'PostgreSQL: storage, WAL and upkeep',
    hooks: ['tp_btf:block_bio_queue', 'tp_btf:block_bio_complete'],
    cost: '1046 ns an event in its programs',
    notes: ['what the page cache answers reaches no device: its share is in rows of their own'],
    command: ['io'],
  },
  {
    name: 'pgcommit',
    question: 'Where does the time of commits go: WAL insert, write, fsync, replication?',
    topic: 'PostgreSQL: storage, WAL and upkeep',
    hooks: ATTRIBUTION,
    cost: '857 ns an event in its programs',
    notes: ['group is waiting for another session that syncs WAL for this one, too'],
    command: ['wal'],
  },
  {
    name: 'pgprofile',
    question: 'Which code of which query runs on the CPUs?',
    topic: 'PostgreSQL: time on CPUs',
    hooks: ['profile:hz:99'],
    cost: '342 ns an event in its programs',
    notes: ['99 samples a second and CPU; stacks are unwound without frame pointers'],
    command: ['profile'],
  },
];
