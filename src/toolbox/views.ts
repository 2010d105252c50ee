/** Tools that are views on what the attribution engine counts already: a command under the name that people look for. */

export interface View {
  readonly name: string;
  readonly question: string;
  readonly hooks: readonly string[];
  /** The command that answers. */
  readonly command: readonly [string, ...string[]];
  /** The agent keeps it: `pebble report` answers for the past. */
  readonly kept?: true;
}

const ATTRIBUTION = ['tp_btf:sched_switch', 'tp_btf:sock_recv_length', 'tp_btf:sock_send_length'];

export const VIEWS: readonly View[] = [
  {
    name: 'pgtop',
    question: 'What does PostgreSQL do right now, by query?',
    hooks: ATTRIBUTION,
    command: ['top'],
    kept: true,
  },
  {
    name: 'pglat',
    question: 'How long do the requests of each query take?',
    hooks: ATTRIBUTION,
    command: ['queries'],
    kept: true,
  },
  {
    name: 'pgwaits',
    question: 'What does each query wait for, how often and how long?',
    hooks: ATTRIBUTION,
    command: ['waits'],
    kept: true,
  },
  {
    name: 'pglocks',
    question: 'Who waits for which lock, and who holds it?',
    hooks: ATTRIBUTION,
    command: ['locks'],
  },
  {
    name: 'pgio',
    question: 'Which queries read and write which devices, and what came from the page cache?',
    hooks: ['tp_btf:block_bio_queue', 'tp_btf:block_bio_complete'],
    command: ['io'],
  },
  {
    name: 'pgcommit',
    question: 'Where does the time of commits go: WAL insert, write, fsync, replication?',
    hooks: ATTRIBUTION,
    command: ['wal'],
  },
  {
    name: 'pgprofile',
    question: 'Which code of which query runs on the CPUs?',
    hooks: ['profile:hz:99'],
    command: ['profile'],
  },
];
