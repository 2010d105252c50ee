/** What an admin may do beside looking: take a profile, cancel or end sessions where the agent allows it; each is written down. */
import type { Feed } from '../agent/index.ts';
import type { PlanAnswer, ProfileAnswer, SignalAnswer } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import type { Store } from '../store/index.ts';
import type { User } from './access/index.ts';
import type { TraceConsole } from './console.ts';

export interface ChangeOptions {
  readonly feed: Feed;
  readonly history?: Store;
  /** Off unless configured. */
  readonly allowSignals?: boolean;
  /** Scripts of admins. Off unless configured. */
  readonly console?: TraceConsole;
  /** A line for each deed, and for each that was refused. */
  readonly audit?: (line: string) => void;
}

export type Body = Readonly<Record<string, unknown>>;
type Change = (body: Body, user: User, options: ChangeOptions) => Promise<unknown>;

export const CHANGES: Readonly<Record<string, Change>> = {
  '/api/profile': takeProfile,
  '/api/signal': signal,
  '/api/explain': explain,
  '/api/trace/check': tracing('checking a script', (body, _, console) =>
    console.check(textOf(body), Number(body.offset) || 0),
  ),
  '/api/trace/run': tracing('running a script', (body, user, console, audit) => {
    audit?.(`${user.name} runs a script: ${JSON.stringify(textOf(body))}`);
    return console.start(textOf(body), user.name);
  }),
  '/api/trace/read': tracing('reading a script', (body, _, console) => console.read(Number(body.since) || 0)),
  '/api/trace/tools': tracing('listing the tools', (_, __, console) => console.tools()),
  '/api/trace/save': tracing('saving a tool', (body, user, console, audit) => {
    const name = typeof body.name === 'string' ? body.name : '';
    const path = console.save(name, textOf(body), body.replace === true);
    audit?.(`${user.name} saves the tool ${path}: ${JSON.stringify(textOf(body))}`);
    return { path };
  }),
  '/api/trace/stop': tracing('stopping a script', (_, user, console, audit) => {
    audit?.(`${user.name} stops the script`);
    return console.stop();
  }),
};

export const NO_TRACING = 'this agent was started without the tracing console (`console = yes` in its configuration)';
export const NO_SIGNALS =
  'this agent was started without leave to cancel or terminate sessions (`allow_signals = yes` in its configuration)';
export const NO_CONNECTION = 'this agent has no SQL connection (`connect` in its configuration)';
export const ONLY_ADMIN = 'only an admin may do this';

const MOST_SECONDS = 60;
export const NOTHING_WATCHED = 'this server shows what agents have stored; it watches nothing itself';

async function takeProfile(body: Body, user: User, { feed, audit }: ChangeOptions): Promise<ProfileAnswer> {
  requireAdmin(user, 'taking a profile', audit);
  const kind = body.kind === 'off_cpu' ? 'off_cpu' : 'on_cpu';
  const seconds = Math.min(MOST_SECONDS, Math.max(1, Math.round(Number(body.seconds) || 10)));
  audit?.(`${user.name} takes a profile ${kind} for ${seconds} s`);
  if (!feed.profiler) throw new PebbleError('no-target', { doing: 'taking a profile', what: NOTHING_WATCHED });
  const rows = await feed.profiler.take(kind, seconds);
  return { samples: rows.reduce((sum, row) => sum + row.samples, 0) };
}

/** As pg_cancel_backend and pg_terminate_backend do (src/backend/storage/ipc/signalfuncs.c). */
const SIGNALS = { cancel: 'SIGINT', terminate: 'SIGTERM' } as const;

async function signal(body: Body, user: User, { feed, allowSignals, audit }: ChangeOptions): Promise<SignalAnswer> {
  const doing = `sending a signal to process ${String(body.pid)}`;
  requireAdmin(user, doing, audit);
  if (!allowSignals) throw new PebbleError('privilege', { doing, what: NO_SIGNALS });
  const action = body.action === 'terminate' ? 'terminate' : body.action === 'cancel' ? 'cancel' : undefined;
  if (!action) throw new PebbleError('usage', { doing, what: 'the action is neither cancel nor terminate' });
  // Looked up in the server's memory at this moment: never a process that is not a session of a watched cluster.
  const session = ((await feed.sessions?.read()) ?? []).find(
    ({ pid, cluster }) => pid === body.pid && cluster === body.cluster,
  );
  if (session?.backend_type !== 'client backend') {
    throw new PebbleError('no-target', { doing, what: 'it is no session of this cluster any more' });
  }
  process.kill(session.pid, SIGNALS[action]);
  const who = `process ${session.pid} (user ${session.user}, application ${JSON.stringify(session.application)}) of ${session.cluster}`;
  audit?.(`${user.name} did ${action} ${who}`);
  return { done: `${SIGNALS[action]} sent` };
}

/** Planning reads the catalogs and may call what the plan needs: an admin's deed, on the role's rights. */
async function explain(body: Body, user: User, { feed, history, audit }: ChangeOptions): Promise<PlanAnswer> {
  const doing = 'explaining a statement';
  requireAdmin(user, doing, audit);
  const [cluster, database, fingerprint] = [body.cluster, body.database, body.fingerprint].map(String);
  const texts = [await feed.recent.texts([fingerprint!]), await history?.texts([fingerprint!])];
  const text = texts.map((found) => found?.get(fingerprint!)).find(Boolean);
  if (!text) throw new PebbleError('no-target', { doing, what: 'the text of this statement was not seen' });
  if (text.truncated) {
    const hint = 'raise track_activity_query_size';
    throw new PebbleError('no-target', { doing, what: 'PostgreSQL cut the text of this statement', hint });
  }
  if (!feed.catalogs) throw new PebbleError('no-target', { doing, what: NO_CONNECTION });
  audit?.(`${user.name} has statement ${fingerprint} of ${database} explained`);
  return feed.catalogs.explain(cluster!, database!, text.text);
}

type Tracing = (body: Body, user: User, console: TraceConsole, audit: ChangeOptions['audit']) => unknown;

function tracing(doing: string, act: Tracing): Change {
  return async (body, user, { console, audit }) => {
    requireAdmin(user, doing, audit);
    if (!console) throw new PebbleError('privilege', { doing, what: NO_TRACING });
    return act(body, user, console, audit);
  };
}

const textOf = ({ text }: Body): string => (typeof text === 'string' ? text : '');

function requireAdmin({ name, role }: User, doing: string, audit: ChangeOptions['audit']): void {
  if (role === 'admin') return;
  audit?.(`${name} was refused: ${doing}`);
  throw new PebbleError('privilege', { doing, what: ONLY_ADMIN });
}
