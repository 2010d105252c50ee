/** What the probes of requests read of a session: whether it is idle, and whether this is its client's socket. */
import type { TracedCluster } from './clusters.ts';
import { type Readable, read, status } from './fields.ts';

const IDLE = ['idle', 'idle in transaction', 'idle in transaction (aborted)'];

const state = (cluster: TracedCluster): string => read('uint32', `$e + ${status(cluster, 'st_state')}`);

/** First bytes of messages that nothing answers: Terminate, and CopyDone, CopyData, CopyFail after a COPY that has failed. */
const UNANSWERED = [...'Xcdf'].map((letter) => letter.charCodeAt(0));

/** The first two arguments of a system call (arch/{x86,arm64}/include/asm/ptrace.h). */
const [FIRST, SECOND] = process.arch === 'arm64' ? ['orig_x0', 'regs[1]'] : ['di', 'si'];

/** As macros of the library, for its own probes only. */
export const REQUEST_FIELDS: readonly Readable[] = [
  {
    name: 'idle_since',
    type: 'int64',
    of: (cluster) => read('int64', `$e + ${status(cluster, 'st_state_start_timestamp')}`),
  },
  {
    // A session that has just begun is idle, too.
    name: 'has_worked',
    type: 'uint64',
    of: (cluster) => `(uint64)(${read('int64', `$e + ${status(cluster, 'st_activity_start_timestamp')}`)} != 0)`,
  },
  {
    name: 'is_idle',
    type: 'uint64',
    of(cluster) {
      const numbers = IDLE.map((name) => cluster.profile.layout.states.indexOf(name));
      return `let $s = ${state(cluster)}; (uint64)(${numbers.map((number) => `$s == ${number}`).join(' || ')})`;
    },
  },
  {
    name: 'running',
    type: 'uint64',
    of: (cluster) => `(uint64)${cluster.profile.layout.states.indexOf('active')}`,
  },
  {
    // A backend sends to others, too (postgres_fdw). The descriptor is the system call's first argument.
    name: 'on_client_socket',
    type: 'uint64',
    of({ profile: { addresses, layout } }) {
      if (addresses.MyProcPort === undefined) return '(uint64)1';
      const socket = read('uint32', `$port + ${layout.offsets.Port.sock}`);
      return `let $port = ${read('uint64', String(addresses.MyProcPort))}; if ($port != 0) { (uint64)(${socket} == (uint32)userregs->${FIRST}) } else { (uint64)0 }`;
    },
  },
  {
    // The buffer is its second argument; what is encrypted tells nothing.
    name: 'is_leaving',
    type: 'uint64',
    of(cluster) {
      const [tls, gss] = [status(cluster, 'st_ssl'), status(cluster, 'st_gss')];
      const hidden = `${read('uint8', `$e + ${tls}`)} | ${read('uint8', `$e + ${gss}`)}`;
      const letters = UNANSWERED.map((letter) => `$m == ${letter}`).join(' || ');
      return `let $hidden = ${hidden}; let $m = ${read('uint8', `userregs->${SECOND}`)}; (uint64)($hidden == 0 && (${letters}))`;
    },
  },
];
