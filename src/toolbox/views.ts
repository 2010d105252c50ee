/** Tools that are views on what the attribution engine counts already: a command under the name that people look for. */

export interface View {
  readonly name: string;
  readonly question: string;
  readonly hooks: readonly string[];
  /** The command that answers. */
  readonly command: readonly [string, ...string[]];
}

const ATTRIBUTION = ['tp_btf:sched_switch', 'tp_btf:sock_recv_length', 'tp_btf:sock_send_length'];

export const VIEWS: readonly View[] = [
  {
    name: 'pgtop',
    question: 'What does PostgreSQL do right now, by query?',
    hooks: ATTRIBUTION,
    command: ['top'],
  },
  {
    name: 'pglat',
    question: 'How long do the requests of each query take?',
    hooks: ATTRIBUTION,
    command: ['queries'],
  },
];
